// cancel_scope.hpp: blocks that can be cancelled: as a whole, at a deadline, or not at all.
//
//   const bool late = co_await move_on_after(3s, wag, tail);            // wag(tail), for at most 3 s
//   const int level = co_await fail_after(1s, battery.wait_value(20));  // or TooSlowError
//   co_await shield([&]() -> Task<> { co_await say_goodbye(); });       // cleanup that has to wait
//   CancelScope scope;                                                  // to cancel from elsewhere
//   const bool cut = co_await scope.run(play, music);
//
// A body is a function with its arguments, a closure that captures by reference, a Task, or anything else that can be
// awaited. A closure that owns what it captures is refused at compile time, since g++ 12 miscompiles it.
//
// Promises   A cancelled scope throws Cancelled at every wait inside, however often it is caught. The outermost scope
//            that is cancelled swallows it at the end of its block. A wait that has its result already returns it: the
//            cancellation strikes at the next wait. The body's own errors come out as they are.
// Thread     the loop's.
// Source     Trio's cancel scopes. The body is an argument, because a coroutine cannot wait in a destructor.
#pragma once

#include <stdexcept>
#include <string>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/exception_group.hpp"
#include "hoiku/async/time.hpp"

namespace [[gnu::visibility("default")]] hoiku {

class CancelScope;

namespace detail {

class NurseryBlock;
template <class B>
class ScopeAwaiter;

void enter_scope(ScopeNode& node, TaskState& task);
// Leaves the scope. Returns true if it swallows the error: a Cancelled that is its own.
bool leave_scope(ScopeNode& node, TaskState& task, ScopeNode& outer, const std::exception_ptr& error) noexcept;

}  // namespace detail

// Covers one block, once. It may be cancelled, shielded or given a deadline at any time, also before its block begins,
// and by another task of the same loop. It cannot move, since tasks refer to it.
class CancelScope {
 public:
  CancelScope() = default;
  explicit CancelScope(TimePoint deadline) { node_.set_deadline(deadline); }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  // Cancels the block. Idempotent and synchronous: the tasks inside hear of it when they run. Never throws Cancelled
  // into the caller. `reason` is what Cancelled::reason() says.
  void cancel(std::string reason = {}) { node_.cancel(CancelReason{CancelSource::explicit_call, std::move(reason)}); }

  // Returns true after cancel(), and once the deadline has passed, even if nothing inside has noticed.
  bool cancel_called();
  // Returns true if the block has ended early because of this scope.
  bool cancelled_caught() const noexcept { return caught_; }

  // Hides cancellations from outside; those of the scope itself still strike. If it is switched off, a pending one
  // strikes at once.
  void set_shield(bool shield) { node_.set_shield(shield); }
  bool shield() const noexcept { return node_.shield(); }

  // `never` by default. A deadline in the past cancels the block; one that has struck cannot be taken back.
  TimePoint deadline() const noexcept { return node_.wanted_deadline(); }
  void set_deadline(TimePoint deadline) { node_.set_deadline(deadline); }

  // Runs the body in this scope: bool late = co_await scope.run(play, music). Returns true if the scope has cut it
  // short. A second run throws std::logic_error.
  template <class F, class... Args>
  auto run(F&& body, Args&&... args);

 private:
  template <class>
  friend class detail::ScopeAwaiter;
  friend class Nursery;
  friend class detail::NurseryBlock;
  detail::ScopeNode node_;
  bool entered_ = false;
  bool caught_ = false;
};

namespace detail {

// Runs a body in a scope, inside the parent's frame: it needs no coroutine and no allocation.
template <class B>
class ScopeAwaiter : public TaskAware {
 public:
  ScopeAwaiter(CancelScope& scope, B body) : scope_(scope), body_(std::move(body)) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    if (scope_.entered_) throw std::logic_error("a CancelScope is entered twice: make a new one for each block");
    task_body_.emplace(body_.start());
    scope_.entered_ = true;
    outer_ = task().scope();
    enter_scope(scope_.node_, task());
    return TaskRunner<Result>::start(*task_body_, handle, task());
  }

 protected:
  using Result = typename B::Result;

  // Ends the block. Throws the body's error, unless it is the scope's own cancellation.
  bool finish() {
    std::exception_ptr error = TaskRunner<Result>::take_error(*task_body_);
    scope_.caught_ = leave_scope(scope_.node_, task(), *outer_, error);
    if (error && !scope_.caught_) std::rethrow_exception(std::move(error));
    return scope_.caught_;
  }
  Result result() { return TaskRunner<Result>::result(*task_body_); }

  CancelScope& scope_;

 private:
  B body_;
  std::optional<Task<Result>> task_body_;
  ScopeNode* outer_ = nullptr;
};

template <class B>
class RunAwaiter final : public ScopeAwaiter<B> {
 public:
  using ScopeAwaiter<B>::ScopeAwaiter;
  bool await_resume() { return this->finish(); }
};

class OwnScope {
 protected:
  CancelScope own_scope_;
};

enum class OnTimeout { report, fail };

// A scope with a deadline; a time limit counts from its entry.
template <class B, OnTimeout on_timeout>
class DeadlineAwaiter final : private OwnScope, public ScopeAwaiter<B> {
 public:
  DeadlineAwaiter(Duration after, B body) : ScopeAwaiter<B>(own_scope_, std::move(body)), after_(after) {
    if (after < Duration::zero()) throw std::invalid_argument("a time limit must not be negative");
  }
  DeadlineAwaiter(TimePoint at, B body) : ScopeAwaiter<B>(own_scope_, std::move(body)), at_(at) {}

  bool await_suspend(std::coroutine_handle<> handle) {
    own_scope_.set_deadline(after_ ? saturating_add(this->task().now(), *after_) : at_);
    return ScopeAwaiter<B>::await_suspend(handle);
  }
  auto await_resume() {
    const bool caught = this->finish();
    if constexpr (on_timeout == OnTimeout::report) {
      return caught;
    } else {
      if (caught) throw TooSlowError();
      return this->result();
    }
  }

 private:
  std::optional<Duration> after_;
  TimePoint at_{};
};

template <class B>
class ShieldAwaiter final : private OwnScope, public ScopeAwaiter<B> {
 public:
  explicit ShieldAwaiter(B body) : ScopeAwaiter<B>(own_scope_, std::move(body)) { own_scope_.set_shield(true); }
  typename B::Result await_resume() {
    this->finish();
    return this->result();
  }
};

}  // namespace detail

template <class F, class... Args>
auto CancelScope::run(F&& body, Args&&... args) {
  return detail::RunAwaiter<detail::BodyOf<F, Args...>>(
      *this, detail::make_body(std::forward<F>(body), std::forward<Args>(args)...));
}

// Runs the body for at most `limit`, counted from its start. Returns true if it was cut short; a result of the body is
// dropped. A negative limit is a std::invalid_argument.
template <class F, class... Args>
auto move_on_after(Duration limit, F&& body, Args&&... args) {
  return detail::DeadlineAwaiter<detail::BodyOf<F, Args...>, detail::OnTimeout::report>(
      limit, detail::make_body(std::forward<F>(body), std::forward<Args>(args)...));
}
// Runs the body until `deadline` at the latest. Otherwise as move_on_after.
template <class F, class... Args>
auto move_on_at(TimePoint deadline, F&& body, Args&&... args) {
  return detail::DeadlineAwaiter<detail::BodyOf<F, Args...>, detail::OnTimeout::report>(
      deadline, detail::make_body(std::forward<F>(body), std::forward<Args>(args)...));
}

// Runs the body for at most `limit`, and returns its result. If it was cut short: TooSlowError.
template <class F, class... Args>
auto fail_after(Duration limit, F&& body, Args&&... args) {
  return detail::DeadlineAwaiter<detail::BodyOf<F, Args...>, detail::OnTimeout::fail>(
      limit, detail::make_body(std::forward<F>(body), std::forward<Args>(args)...));
}
// Runs the body until `deadline` at the latest. Otherwise as fail_after.
template <class F, class... Args>
auto fail_at(TimePoint deadline, F&& body, Args&&... args) {
  return detail::DeadlineAwaiter<detail::BodyOf<F, Args...>, detail::OnTimeout::fail>(
      deadline, detail::make_body(std::forward<F>(body), std::forward<Args>(args)...));
}

// Runs the body out of reach of every cancellation from outside, and returns its result: for cleanup that has to wait.
// It may take for ever: put a time limit inside.
template <class F, class... Args>
auto shield(F&& body, Args&&... args) {
  return detail::ShieldAwaiter<detail::BodyOf<F, Args...>>(
      detail::make_body(std::forward<F>(body), std::forward<Args>(args)...));
}

class CurrentEffectiveDeadline : public detail::TaskAware {
 public:
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  TimePoint await_resume() const noexcept;
};
// Returns when the current block has to have ended, to send the remaining time to a peer: co_await it. It is the
// earliest deadline up to the nearest shield; TimePoint::min() if the block is cancelled already, `never` if there is
// no deadline.
inline CurrentEffectiveDeadline current_effective_deadline() { return {}; }

}  // namespace hoiku
