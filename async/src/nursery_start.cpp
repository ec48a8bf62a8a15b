#include <stdexcept>

#include "hoiku/async/nursery.hpp"

namespace hoiku::detail {

void StartAwaiter::await_suspend(std::coroutine_handle<> handle) noexcept {
  handle_ = handle;
  state_.caller_ = this;
  task().park(*this);
}

void StartAwaiter::wake() noexcept {
  task().unpark();
  task().schedule(handle_);
}

void StartState::require_open() const { target_.prepare(ChildPromise::Kind::ordinary); }

void StartState::spawn(TaskState& caller, ChildTask child) {
  scope_.attach(caller.runtime(), caller.scope());
  target_.spawn(child, ChildPromise::Kind::ordinary, scope_);
}

void StartState::refuse_second() const {
  if (said_) throw std::logic_error("TaskStatus: started() was called already");
  if (ended_) throw std::logic_error("TaskStatus: started() after the task has ended");
}

void StartState::started() noexcept {
  said_ = true;
  // A move out of a scope that is cancelled would take back a cancellation that the task may have seen already.
  if (scope_.effective()) return;
  moved_ = true;
  target_.adopt(scope_);
  wake_caller();
}

bool StartState::ended(const std::exception_ptr& error) noexcept {
  ended_ = true;
  scope_.detach();  // a copy of the handle may outlive the nursery
  if (moved_) return true;
  error_ = error;
  wake_caller();
  return false;
}

void StartState::throw_if_failed(const TaskState& caller) {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  if (said_) return;
  // A cancelled task may clean up and return: no error.
  caller.throw_if_cancelled();
  throw std::logic_error("nursery.start(): the task has ended without calling started()");
}

void StartState::wake_caller() noexcept { std::exchange(caller_, nullptr)->wake(); }

}  // namespace hoiku::detail
