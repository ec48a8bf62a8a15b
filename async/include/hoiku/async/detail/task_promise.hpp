// task_promise.hpp: the coroutines behind Task<T>: how one starts, waits, and ends.
//
// A task that is awaited starts as a nested call. Only if it waits for something does its end transfer to the task that
// awaits it: g++ makes a tail call of symmetric transfer only when it optimises, so a million awaits in a row would
// overflow the stack otherwise.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/awaitable.hpp"
#include "hoiku/async/detail/frame_pool.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

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

// Ends a Task: resumes the task that awaits it.
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
  // Runs the task as a nested call. Returns true if it waits for something: then its end resumes `continuation`.
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

template <class A>
auto PromiseBase::await_transform(A&& awaited) {
  using D = std::remove_cvref_t<A>;
  if constexpr (is_task<D>) {
    static_assert(!std::is_lvalue_reference_v<A>, "a Task is awaited once: co_await std::move(task)");
    return TaskAwaiter<typename D::value_type>(std::move(awaited), *task_);
  } else if constexpr (MakesAwaiter<std::remove_reference_t<A>>) {
    return awaited.make_awaiter(*task_);
  } else if constexpr (std::is_base_of_v<TaskAware, D>) {
    awaited.bind(*task_);
    return AwaiterRef<D>(awaited);
  } else if constexpr (ForeignAwaitable<A>) {
    return ForeignAwait<D>::make_awaiter(std::forward<A>(awaited), *task_);
  } else {
    static_assert(never_true<A>,
                  "this cannot be awaited in a Task: await a Task, or something else of this library; to await an Asio "
                  "operation include hoiku/async/asio.hpp and start the operation with use_task");
    return std::suspend_never();
  }
}

}  // namespace detail
}  // namespace hoiku
