// task.hpp: Task<T>, what every asynchronous function returns.
//
// Promises   lazy: nothing runs until it is awaited, and it is awaited once; awaiting one that finishes without waiting is
//            a plain call (a million in a row need no stack); an exception comes out of the co_await.
// Owner      whoever holds the Task; destroying one that was never awaited runs nothing of it.
// Source     the nested start (instead of symmetric transfer) is there because g++ makes a tail call of it only when
//            optimising: see CONTRIBUTING.md.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/frame_pool.hpp"
#include "hoiku/async/detail/runtime.hpp"

namespace hoiku {

template <class T = void>
class Task;

namespace detail {

// The base of what knows how to wait in this library: it is told which task awaits it. What has to stay in its place while
// it waits is described by a small movable object with make_awaiter(TaskState&), so that it can be given to a scope.
class TaskAware {
 public:
  void bind(TaskState& task) noexcept { task_ = &task; }

 protected:
  TaskState& task() const noexcept { return *task_; }

 private:
  TaskState* task_ = nullptr;
};

// g++ 12 copies an awaiter that await_transform returns by reference; so it gets a proxy by value.
template <class A>
class AwaiterRef {
 public:
  explicit AwaiterRef(A& awaiter) noexcept : awaiter_(&awaiter) {}
  bool await_ready() { return awaiter_->await_ready(); }
  auto await_suspend(std::coroutine_handle<> handle) { return awaiter_->await_suspend(handle); }
  decltype(auto) await_resume() { return awaiter_->await_resume(); }

 private:
  A* awaiter_;
};

class PromiseBase {
 public:
  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { free_frame(frame, bytes); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  template <class A>
  auto await_transform(A&& awaited);

 protected:
  template <class>
  friend class TaskRunner;
  TaskState* task_ = nullptr;
  std::coroutine_handle<> continuation_;
  std::exception_ptr error_;
  bool starting_ = false;
  bool finished_ = false;
};

// Of a Task's promise: hands over to whoever awaits it.
class FinalAwaiter {
 public:
  bool await_ready() noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    return handle.promise().finish();
  }
  void await_resume() noexcept {}
};

class TaskPromiseBase : public PromiseBase {
 public:
  FinalAwaiter final_suspend() noexcept { return {}; }
  std::coroutine_handle<> finish() noexcept {
    finished_ = true;
    return starting_ ? std::noop_coroutine() : continuation_;
  }

 protected:
  void rethrow_error() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }
};

template <class T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& value) {
    result_.emplace(std::forward<U>(value));
  }
  T take_result() {
    rethrow_error();
    return std::move(*result_);
  }

 private:
  std::optional<T> result_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take_result() { rethrow_error(); }
};

// Starts and finishes a Task on behalf of an awaiter.
template <class T>
class TaskRunner {
 public:
  // Runs the task as a nested call. True: it waits for something, and will resume `continuation` when it has ended.
  static bool start(Task<T>& task, std::coroutine_handle<> continuation, TaskState& state) noexcept {
    auto& promise = task.handle_.promise();
    promise.continuation_ = continuation;
    promise.task_ = &state;
    promise.starting_ = true;
    task.handle_.resume();
    if (promise.finished_) return false;
    promise.starting_ = false;
    return true;
  }
  static T result(Task<T>& task) { return task.handle_.promise().take_result(); }
  static std::exception_ptr take_error(Task<T>& task) noexcept {
    return std::exchange(task.handle_.promise().error_, nullptr);
  }
};

template <class T>
class TaskAwaiter {
 public:
  TaskAwaiter(Task<T>&& task, TaskState& state) noexcept : task_(std::move(task)), state_(&state) {}
  bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) noexcept { return TaskRunner<T>::start(task_, handle, *state_); }
  T await_resume() { return TaskRunner<T>::result(task_); }

 private:
  Task<T> task_;
  TaskState* state_;
};

}  // namespace detail

template <class T>
class [[nodiscard("a Task does nothing until it is awaited")]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using value_type = T;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

 private:
  template <class>
  friend class detail::TaskRunner;
  template <class>
  friend class detail::TaskPromise;
  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

}  // namespace detail
}  // namespace hoiku

#include "hoiku/async/asio.hpp"

template <class A>
auto hoiku::detail::PromiseBase::await_transform(A&& awaited) {
  using D = std::remove_cvref_t<A>;
  if constexpr (is_task<D>) {
    static_assert(!std::is_lvalue_reference_v<A>, "a Task is awaited once: co_await std::move(task)");
    return TaskAwaiter<typename D::value_type>(std::move(awaited), *task_);
  } else if constexpr (requires(TaskState& task) { awaited.make_awaiter(task); }) {
    return awaited.make_awaiter(*task_);
  } else if constexpr (std::is_base_of_v<TaskAware, D>) {
    awaited.bind(*task_);
    return AwaiterRef<D>(awaited);
  } else {
    return await_asio(std::forward<A>(awaited), *task_);
  }
}
