// task_status.hpp: how a task that was started with nursery.start() says that it is ready, and with what.
//
//   Task<> serve(TaskStatus<int> status, std::string name) {
//     Listener listener(name);
//     status.started(listener.port());
//     ...
//   }
//   const int port = co_await nursery.start(serve, std::string("lamp"));
//   co_await serve(task_status_ignored, "lamp");  // the same function, called without a nursery
//
// Promises   started() is synchronous; a second one, or one after the task has ended, is a std::logic_error.
// Lifetime   a handle, copied at will; it does not keep the task or the nursery.
// Thread     the loop's.
// Source     Trio's task_status.
#pragma once

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "hoiku/async/task.hpp"

namespace hoiku {

class Nursery;

namespace detail {

class ChildTask;
class StartAwaiter;

// What a start call and its task know together. The task's scope hangs under the caller's scope, and moves to the
// nursery when the task says that it has started.
class StartState {
 public:
  explicit StartState(Nursery& target) noexcept : target_(target) {}
  StartState(const StartState&) = delete;
  StartState& operator=(const StartState&) = delete;

  void require_open() const;
  void spawn(TaskState& caller, ChildTask child);
  void refuse_second() const;
  void started() noexcept;
  // True where the error is the nursery's; otherwise it comes out of the start call.
  bool ended(const std::exception_ptr& error) noexcept;
  // Of the start call, once it has been woken.
  void throw_if_failed(const TaskState& caller);

 protected:
  ~StartState() = default;

 private:
  friend class StartAwaiter;
  void wake_caller() noexcept;

  Nursery& target_;
  ScopeNode scope_;
  StartAwaiter* caller_ = nullptr;
  bool said_ = false;
  bool moved_ = false;  // into the nursery; never, where the caller was cancelled before the task said it
  bool ended_ = false;
  std::exception_ptr error_;
};

template <class T>
class StartStateOf final : public StartState {
 public:
  using StartState::StartState;
  std::optional<T> result;
};
template <>
class StartStateOf<void> final : public StartState {
 public:
  using StartState::StartState;
};

}  // namespace detail

// Stands for any TaskStatus where nobody waits to be told.
struct TaskStatusIgnored {
  constexpr TaskStatusIgnored() noexcept {}
};
inline constexpr TaskStatusIgnored task_status_ignored;

template <class T = void>
class TaskStatus {
 public:
  TaskStatus(TaskStatusIgnored) noexcept {}  // NOLINT(google-explicit-constructor): stands for it in a call
  explicit TaskStatus(std::shared_ptr<detail::StartStateOf<T>> state) noexcept : state_(std::move(state)) {}

  // From now on the task is the nursery's child, and start() gives `what`. Where the caller of start() has been
  // cancelled already the task stays under it, and is cancelled with it.
  template <class U = T>
    requires(!std::is_void_v<T> && std::convertible_to<U &&, T>)
  void started(U&& what) const {
    if (!state_) return;
    state_->refuse_second();
    state_->result.emplace(std::forward<U>(what));
    state_->started();
  }
  void started() const
    requires std::is_void_v<T>
  {
    if (!state_) return;
    state_->refuse_second();
    state_->started();
  }

 private:
  std::shared_ptr<detail::StartStateOf<T>> state_;
};

}  // namespace hoiku
