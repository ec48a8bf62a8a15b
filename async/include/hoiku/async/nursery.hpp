// nursery.hpp: a block that owns tasks: it ends when all of them have ended, whatever the reason.
//
// Promises   an error in the body or a child cancels all others; when everything has ended, cleanup included, the errors
//            come out as one ExceptionGroup, in the order of their completion. A cancellation is never among them.
//            The block's end is not itself a point of cancellation.
// Lifetime   children outlive the body: they take their values as arguments, and refer only to what was declared outside
//            the nursery's block.
// Source     Trio's nurseries; attendants are ours.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/detail/child_arguments.hpp"
#include "hoiku/async/event.hpp"

namespace hoiku {

class Nursery;

namespace detail {

class ChildTask;

// A child's coroutine: its frame holds the task's state, so that spawning one is a single allocation from the pool.
class ChildPromise : public PromiseBase {
 public:
  enum class Kind : bool { ordinary, attendant };

  // The coroutine's own parameters are passed here first.
  ChildPromise(Nursery& nursery, Kind kind, auto&&...) : ChildPromise(nursery, kind) {}
  ChildPromise(Nursery& nursery, Kind kind);

  ChildTask get_return_object() noexcept;
  void return_void() noexcept {}

  class Final {
   public:
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<ChildPromise> handle) noexcept;
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }

 private:
  friend class hoiku::Nursery;
  Nursery& nursery_;
  Kind kind_;
  TaskState state_;
};

class ChildTask {
 public:
  using promise_type = ChildPromise;
  explicit ChildTask(std::coroutine_handle<ChildPromise> frame) noexcept : handle(frame) {}
  std::coroutine_handle<ChildPromise> handle;
};

inline ChildTask ChildPromise::get_return_object() noexcept {
  return ChildTask(std::coroutine_handle<ChildPromise>::from_promise(*this));
}

template <class F, class... Args>
ChildTask child(Nursery&, ChildPromise::Kind, F function, std::tuple<Args...> args) {
  co_await std::apply([&](auto&... stored) { return std::invoke(function, static_cast<Args&&>(stored)...); }, args);
}

template <class F, class... Args>
ChildTask shielded_child(Nursery&, ChildPromise::Kind, F function, std::tuple<Args...> args) {
  auto body = [&] {
    return std::apply([&](auto&... stored) { return std::invoke(function, static_cast<Args&&>(stored)...); }, args);
  };
  co_await shield(body);
}

class JoinAwaiter;
class StartState;

}  // namespace detail

class Nursery {
 public:
  explicit Nursery(detail::TaskState& parent) noexcept : parent_(parent) {}
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;

  // Starts `function(args...)`, a coroutine, as a child; its first frame runs in the next tick. The function and the
  // arguments (decayed; std::ref for a reference) live as long as the child. Throws Closed once the nursery has ended.
  template <class F, class... Args>
  void start_soon(F&& function, Args&&... args) {
    static_assert(!detail::is_task<std::remove_cvref_t<F>>,
                  "give the nursery the function and its arguments, not the Task: a closure that was called is gone "
                  "while its Task still runs");
    static_assert(detail::TaskFunction<std::decay_t<F>&, std::unwrap_ref_decay_t<Args>...>,
                  "a child is a function that returns a Task, with the arguments that it takes");
    static_assert(
        detail::arguments_bind_safely<typename detail::SignatureOf<std::decay_t<F>>::type, std::decay_t<Args>...>,
        "a reference parameter of the child would be bound to a temporary that is gone at its first wait: give an "
        "argument of the parameter's own type, such as std::string(\"...\")");
    using detail::ChildPromise;
    spawn(detail::child<std::decay_t<F>, std::unwrap_ref_decay_t<Args>...>(
              *this, prepare(ChildPromise::Kind::ordinary), std::forward<F>(function),
              std::tuple<std::unwrap_ref_decay_t<Args>...>(std::forward<Args>(args)...)),
          ChildPromise::Kind::ordinary);
  }

  // Starts a task and waits until it is ready: `T v = co_await nursery.start(serve, port)` runs
  // `serve(TaskStatus<T>, port)` and gives what that passes to status.started(v). Until then the task lives under this
  // call: its error comes out of it as it is, and cancelling the caller cancels the task. From then on it is a child of
  // this nursery, with everything that it has opened. The nursery stays open while a start is pending. Throws Closed
  // once the nursery has ended, std::logic_error where the task ends without started().
  template <class F, class... Args>
  auto start(F&& function, Args&&... args);

  // Cancelling it cancels the body and all children.
  CancelScope& cancel_scope() noexcept { return scope_; }

  // An attendant serves the other children (a connection, say): it is shielded from cancellation, does not keep the
  // nursery open, and is waited for after closing() was set, which is when the body and all other children have ended.
  template <class F, class... Args>
  void start_attendant(F&& function, Args&&... args) {
    using detail::ChildPromise;
    spawn(detail::shielded_child<std::decay_t<F>, std::unwrap_ref_decay_t<Args>...>(
              *this, prepare(ChildPromise::Kind::attendant), std::forward<F>(function),
              std::tuple<std::unwrap_ref_decay_t<Args>...>(std::forward<Args>(args)...)),
          ChildPromise::Kind::attendant);
  }
  Event& closing() noexcept { return closing_; }

 private:
  friend class detail::ChildPromise;
  friend class detail::JoinAwaiter;
  friend class detail::StartState;
  friend class NurseryBlock;

  detail::ChildPromise::Kind prepare(detail::ChildPromise::Kind kind) const;
  void spawn(detail::ChildTask child, detail::ChildPromise::Kind kind) noexcept { spawn(child, kind, scope_.node_); }
  void spawn(detail::ChildTask child, detail::ChildPromise::Kind kind, detail::ScopeNode& scope) noexcept;
  void adopt(detail::ScopeNode& scope) noexcept { scope.move_under(scope_.node_); }
  void child_ended(detail::ChildPromise::Kind kind, std::exception_ptr error) noexcept;
  void add_error(std::exception_ptr error);

  detail::TaskState& parent_;
  CancelScope scope_;
  std::size_t ordinary_ = 0;
  std::size_t attendants_ = 0;
  bool closed_ = false;
  bool saw_cancelled_ = false;
  std::vector<std::exception_ptr> errors_;
  Event closing_;
  detail::JoinAwaiter* joiner_ = nullptr;
};

// The frame of open_nursery: enters the nursery's scope, and after the body waits for everything and leaves it.
class NurseryBlock {
 public:
  explicit NurseryBlock(detail::TaskState& task);
  Nursery& nursery() noexcept { return nursery_; }
  void body_ended(std::exception_ptr error) { nursery_.add_error(std::move(error)); }
  Task<> join();
  // Leaves the scope; throws the group, or Cancelled where the cancellation came from outside.
  void leave();

 private:
  detail::TaskState& task_;
  detail::ScopeNode* outer_;
  Nursery nursery_;
};

namespace detail {

class CurrentTask : public TaskAware {
 public:
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  TaskState& await_resume() const noexcept { return task(); }
};
inline CurrentTask current_task() { return {}; }

template <class F>
auto run_nursery(F body) -> std::invoke_result_t<F, Nursery&> {
  using Result = typename std::invoke_result_t<F, Nursery&>::value_type;
  NurseryBlock block(co_await current_task());
  std::exception_ptr error;
  if constexpr (std::is_void_v<Result>) {
    try {
      co_await std::invoke(std::forward<F>(body), block.nursery());
    } catch (...) {
      error = std::current_exception();
    }
    if (error) block.body_ended(std::move(error));
    co_await block.join();
    block.leave();
  } else {
    std::optional<Result> result;
    try {
      result.emplace(co_await std::invoke(std::forward<F>(body), block.nursery()));
    } catch (...) {
      error = std::current_exception();
    }
    if (error) block.body_ended(std::move(error));
    co_await block.join();
    block.leave();
    // Nothing was thrown, so either the body has given a result, or the nursery itself was cancelled.
    if (!result) throw Closed("the nursery was cancelled before its body gave a result");
    co_return std::move(*result);
  }
}

}  // namespace detail

// Opens a nursery around `body(nursery)` and waits for everything in it. Gives the body's result.
template <class F>
auto open_nursery(F&& body) {
  static_assert(std::is_invocable_v<F, Nursery&>, "the body of open_nursery takes a Nursery& and returns a Task");
  detail::check_closure<F>();
  return detail::run_nursery<std::conditional_t<std::is_lvalue_reference_v<F>, F, std::decay_t<F>>>(
      std::forward<F>(body));
}

namespace detail {

template <class TriggerBody, class B>
Task<bool> run_until(TriggerBody trigger, B body) {
  CancelScope cut;
  std::exception_ptr body_error;
  auto watch = [&]() -> Task<> {
    co_await trigger.start();
    cut.cancel("move_on_when");
  };
  auto act = [&](Nursery& nursery) -> Task<> {
    nursery.start_soon(watch);
    // The body's own error passes bare; only the trigger's comes in a group.
    try {
      co_await cut.run([&]() -> Task<> { co_await body.start(); });
    } catch (...) {
      body_error = std::current_exception();
    }
    nursery.cancel_scope().cancel("the body of move_on_when has ended");
  };
  co_await open_nursery(act);
  if (body_error) std::rethrow_exception(body_error);
  co_return cut.cancelled_caught();
}

}  // namespace detail

// Runs the body until it ends or the trigger returns, whichever is first: true where it was cut short. The loser's cleanup
// is waited for; the trigger always gets its first frame.
template <class Trigger, class F, class... Args>
Task<bool> move_on_when(Trigger&& trigger, F&& body, Args&&... args) {
  detail::check_body<Trigger>();
  detail::check_body<F, std::decay_t<Args>...>();
  using T = detail::BodyOf<Trigger>;
  using B = detail::BodyOf<F, Args...>;
  return detail::run_until<T, B>(T(std::forward<Trigger>(trigger)),
                                 B(std::forward<F>(body), std::forward<Args>(args)...));
}

}  // namespace hoiku

#include "hoiku/async/detail/nursery_start.hpp"
