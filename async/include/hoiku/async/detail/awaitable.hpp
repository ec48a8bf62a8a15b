// awaitable.hpp: what can be awaited in a Task, and how co_await tells it which task awaits.
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/scope_node.hpp"

namespace [[gnu::visibility("default")]] hoiku {

template <class T>
class Task;

namespace detail {

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

// The base of awaiters of this library: co_await tells them which task awaits.
class TaskAware {
 public:
  void bind(TaskState& task) noexcept { task_ = &task; }

 protected:
  TaskState& task() const noexcept { return *task_; }

 private:
  TaskState* task_ = nullptr;
};

// Returns the TaskState of the task that awaits it.
class CurrentTask : public TaskAware {
 public:
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  TaskState& await_resume() const noexcept { return task(); }
};
inline CurrentTask current_task() { return {}; }

// Describes an awaiter that has to stay in its place while it waits. The description itself can be moved, into a scope.
template <class A>
concept MakesAwaiter = requires(A& awaited, TaskState& task) { awaited.make_awaiter(task); };

// Says how a Task awaits a type of another library: a specialisation has a static make_awaiter(awaited, task).
// hoiku/async/asio.hpp specialises it for the types of Asio, so that only those who await Asio compile Asio.
template <class A>
struct ForeignAwait {};

template <class A>
concept ForeignAwaitable = requires(A&& awaited, TaskState& task) {
  ForeignAwait<std::remove_cvref_t<A>>::make_awaiter(std::forward<A>(awaited), task);
};

template <class A>
concept Awaitable = is_task<std::remove_cvref_t<A>> || MakesAwaiter<std::remove_reference_t<A>> ||
                    std::is_base_of_v<TaskAware, std::remove_cvref_t<A>> || ForeignAwaitable<A>;

// Stands for an awaiter that await_transform has by reference: g++ 12 would copy the awaiter itself.
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

// For the static_assert of a branch that must not be compiled.
template <class...>
inline constexpr bool never_true = false;

// Stands for a result where a static_assert has failed, so that its sentence is the only error. Never defined.
template <class T>
T after_an_error();

}  // namespace detail
}  // namespace hoiku
