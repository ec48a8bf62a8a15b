// task_status.hpp: TaskStatus<T>: how a task that nursery.start() has started says that it is ready, and returns a T.
//
//   Task<> serve(TaskStatus<int> status, std::string name) {
//     Listener listener(name);
//     status.started(listener.port());
//     ...
//   }
//   const int port = co_await nursery.start(serve, std::string("lamp"));
//   co_await serve(task_status_ignored, "lamp");  // the same function, called without a nursery
//
// Errors     A second started(), and one after the task has ended, is a std::logic_error.
// Lifetime   A handle: copies stand for the same start. It keeps neither the task nor the nursery alive.
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

namespace [[gnu::visibility("default")]] hoiku {

class Nursery;

namespace detail {

class ChildTask;
class StartAwaiter;

// Shared by a start call and its task. The task's scope is below the caller's scope, and moves to the nursery when the
// task says that it has started.
class StartState {
 public:
  explicit StartState(Nursery& target) noexcept : target_(target) {}
  StartState(const StartState&) = delete;
  StartState& operator=(const StartState&) = delete;

  void require_open() const;
  void spawn(TaskState& caller, ChildTask child);
  void refuse_second() const;
  void started() noexcept;
  // Returns true if the error belongs to the nursery; otherwise it comes out of the start call.
  bool ended(const std::exception_ptr& error) noexcept;
  // Called by the start call after it has been woken.
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
  bool moved_ = false;  // into the nursery; never if the caller was cancelled before started()
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

template <class U, class T>
concept ResultFor = !std::is_void_v<T> && std::convertible_to<U&&, T>;

}  // namespace detail

// Stands for any TaskStatus if the function is called without a nursery.
struct TaskStatusIgnored {
  constexpr TaskStatusIgnored() noexcept {}
};
inline constexpr TaskStatusIgnored task_status_ignored;

template <class T = void>
class TaskStatus {
 public:
  TaskStatus(TaskStatusIgnored) noexcept {}  // NOLINT(google-explicit-constructor): to be passed as it is
  explicit TaskStatus(std::shared_ptr<detail::StartStateOf<T>> state) noexcept : state_(std::move(state)) {}

  // Says that the task is ready: it becomes a child of the nursery, and start() returns `result`. Synchronous. If the
  // caller of start() has been cancelled already, the task stays with the caller, and is cancelled with it.
  template <detail::ResultFor<T> U = T>
  void started(U&& result) const {
    if (!state_) return;
    state_->refuse_second();
    state_->result.emplace(std::forward<U>(result));
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
