// cancel_scope.hpp: blocks that can be cancelled: as a whole, by a deadline, or by something that happens.
//
// Source     Trio's cancel scopes. A body is given instead of a block, because a coroutine cannot wait in a destructor.
#pragma once

#include <stdexcept>
#include <string>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/exception_group.hpp"
#include "hoiku/async/time.hpp"

namespace hoiku {

class CancelScope;

namespace detail {

template <class B>
class ScopeAwaiter;

void enter_scope(ScopeNode& node, TaskState& task);
// Leaves the scope; true where it swallows the error (a Cancelled that is its own).
bool leave_scope(ScopeNode& node, TaskState& task, ScopeNode& outer, const std::exception_ptr& error) noexcept;

}  // namespace detail

// One block, once. May be cancelled, shielded or given a deadline at any time, also before it is entered and from another
// task of the same loop. What someone can be parked in cannot move.
class CancelScope {
 public:
  CancelScope() = default;
  explicit CancelScope(TimePoint deadline) { node_.set_deadline(deadline); }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  // Idempotent, synchronous, never throws into the caller. From now on every point of cancellation inside throws, however
  // often it is caught.
  void cancel(std::string reason = {}) { node_.cancel(CancelReason{CancelSource::explicit_call, std::move(reason)}); }

  // True after cancel() or a deadline that has passed, also where nothing inside noticed it.
  bool cancel_called();
  // True once the block has ended early because of this scope.
  bool cancelled_caught() const noexcept { return caught_; }

  // Hides cancellation from outside; the scope's own still works. Switching it off lets a pending one strike at once.
  void set_shield(bool shield) { node_.set_shield(shield); }
  bool shield() const noexcept { return node_.shield(); }

  TimePoint deadline() const noexcept { return node_.wanted_deadline(); }
  void set_deadline(TimePoint deadline) { node_.set_deadline(deadline); }

  // Runs the body in this scope; true where it was cut short by it. A second run is a std::logic_error.
  template <class F, class... Args>
  auto run(F&& body, Args&&... args);

 private:
  template <class>
  friend class detail::ScopeAwaiter;
  friend class Nursery;
  friend class NurseryBlock;
  detail::ScopeNode node_;
  bool entered_ = false;
  bool caught_ = false;
};

namespace detail {

// Runs a body in a scope, inside the parent's frame: no coroutine and no allocation of its own.
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

  // Ends the block: the error of the body comes out, unless it is the scope's own cancellation.
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

enum class OnTimeout { tell, fail };

// A scope with a deadline that counts from its entry.
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
    if constexpr (on_timeout == OnTimeout::tell) {
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
  detail::check_body<F, std::decay_t<Args>...>();
  using B = detail::BodyOf<F, Args...>;
  return detail::RunAwaiter<B>(*this, B(std::forward<F>(body), std::forward<Args>(args)...));
}

// Runs the body for at most `limit`, counted from its start: true where it was cut short. A result of the body is dropped.
template <class F, class... Args>
auto move_on_after(Duration limit, F&& body, Args&&... args) {
  detail::check_body<F, std::decay_t<Args>...>();
  using B = detail::BodyOf<F, Args...>;
  return detail::DeadlineAwaiter<B, detail::OnTimeout::tell>(limit,
                                                             B(std::forward<F>(body), std::forward<Args>(args)...));
}
template <class F, class... Args>
auto move_on_at(TimePoint deadline, F&& body, Args&&... args) {
  detail::check_body<F, std::decay_t<Args>...>();
  using B = detail::BodyOf<F, Args...>;
  return detail::DeadlineAwaiter<B, detail::OnTimeout::tell>(deadline,
                                                             B(std::forward<F>(body), std::forward<Args>(args)...));
}

// The same, giving the body's result; TooSlowError where it was cut short.
template <class F, class... Args>
auto fail_after(Duration limit, F&& body, Args&&... args) {
  detail::check_body<F, std::decay_t<Args>...>();
  using B = detail::BodyOf<F, Args...>;
  return detail::DeadlineAwaiter<B, detail::OnTimeout::fail>(limit,
                                                             B(std::forward<F>(body), std::forward<Args>(args)...));
}
template <class F, class... Args>
auto fail_at(TimePoint deadline, F&& body, Args&&... args) {
  detail::check_body<F, std::decay_t<Args>...>();
  using B = detail::BodyOf<F, Args...>;
  return detail::DeadlineAwaiter<B, detail::OnTimeout::fail>(deadline,
                                                             B(std::forward<F>(body), std::forward<Args>(args)...));
}

// Runs the body out of reach of any cancellation from outside: for cleanup that has to wait. Give it a time limit inside.
template <class F, class... Args>
auto shield(F&& body, Args&&... args) {
  detail::check_body<F, std::decay_t<Args>...>();
  using B = detail::BodyOf<F, Args...>;
  return detail::ShieldAwaiter<B>(B(std::forward<F>(body), std::forward<Args>(args)...));
}

// When everything inside has to have ended: the earliest deadline up to the nearest shield, TimePoint::min() where it is
// cancelled already, `never` where there is none. For sending the time that is left to somebody else.
class CurrentEffectiveDeadline : public detail::TaskAware {
 public:
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  TimePoint await_resume() const noexcept;
};
inline CurrentEffectiveDeadline current_effective_deadline() { return {}; }

}  // namespace hoiku
