// task.hpp: Task<T>: what every asynchronous function returns.
//
//   Task<int> answer() { co_return 42; }
//   Task<> ask() { const int n = co_await answer(); ... }
//
// Promises   Lazy: nothing runs until the task is awaited. It is awaited once: co_await answer(), or co_await
//            std::move(task). An exception comes out of the co_await. Awaiting a task that finishes without waiting is
//            a plain call: a million in a row need no stack.
// Errors     What cannot be awaited is a compile error that says so. For Asio operations include hoiku/async/asio.hpp.
// Owner      whoever has the Task. Destroying one that was never awaited runs nothing of it.
// Thread     the loop's.
#pragma once

#include <coroutine>
#include <utility>

#include "hoiku/async/detail/task_promise.hpp"

namespace [[gnu::visibility("default")]] hoiku {

template <class T = void>
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

}  // namespace detail
}  // namespace hoiku
