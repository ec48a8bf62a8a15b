// nursery_start.hpp: how a nursery starts its children: start_soon, start_attendant, and start. Included by
// nursery.hpp.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/child_arguments.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/task_status.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// The T of a signature Task<>(TaskStatus<T>, ...).
template <class Signature>
struct StatusOf {
  static constexpr bool known = false;
};
template <class T>
struct StatusOf<TaskStatus<T>> {
  static constexpr bool known = true;
  using type = T;
};
template <class R, class First, class... Rest>
struct StatusOf<R(First, Rest...)> : StatusOf<std::remove_cvref_t<First>> {};

// Waits until the task says that it has started, or has ended. A cancellation does not cut this short: it cancels the
// task, and the caller waits for its end.
class StartAwaiter final : public TaskAware, public Blocker {
 public:
  explicit StartAwaiter(StartState& state) noexcept : Blocker("a task that is being started"), state_(state) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept;
  void await_resume() const noexcept {}
  void interrupt() noexcept override {}
  void wake() noexcept;

 private:
  StartState& state_;
  std::coroutine_handle<> handle_;
};

template <class T, class F, class... Args>
ChildTask starting_child(Nursery&, ChildPromise::Kind, std::shared_ptr<StartStateOf<T>> state,
                         StoredFunction<F> function, std::tuple<Args...> args) {
  std::exception_ptr error;
  TaskStatus<T> status(state);  // in this frame, so that the function may take it by reference
  auto call = [&](auto&... stored) {
    return function(static_cast<TaskStatus<T>&&>(status), static_cast<Args&&>(stored)...);
  };
  try {
    co_await std::apply(call, args);
  } catch (...) {
    error = std::current_exception();
  }
  const bool moved = state->ended(error);
  if (error && moved) std::rethrow_exception(std::move(error));
}

template <class T, class F, class... Args>
Task<T> start_child(Nursery& nursery, StoredFunction<F> function, std::tuple<Args...> args) {
  TaskState& caller = co_await current_task();
  auto state = std::make_shared<StartStateOf<T>>(nursery);
  state->require_open();
  state->spawn(caller, starting_child<T, F, Args...>(nursery, ChildPromise::Kind::ordinary, state, std::move(function),
                                                     std::move(args)));
  StartAwaiter started(*state);
  co_await started;
  state->throw_if_failed(caller);
  if constexpr (!std::is_void_v<T>) co_return std::move(*state->result);
}

}  // namespace detail

template <class F, class... Args>
void Nursery::start_soon(F&& function, Args&&... args) {
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
            *this, prepare(ChildPromise::Kind::ordinary),
            detail::StoredFunction<std::decay_t<F>>(std::forward<F>(function)),
            std::tuple<std::unwrap_ref_decay_t<Args>...>(std::forward<Args>(args)...)),
        ChildPromise::Kind::ordinary);
}

template <class F, class... Args>
void Nursery::start_attendant(F&& function, Args&&... args) {
  using detail::ChildPromise;
  spawn(detail::shielded_child<std::decay_t<F>, std::unwrap_ref_decay_t<Args>...>(
            *this, prepare(ChildPromise::Kind::attendant),
            detail::StoredFunction<std::decay_t<F>>(std::forward<F>(function)),
            std::tuple<std::unwrap_ref_decay_t<Args>...>(std::forward<Args>(args)...)),
        ChildPromise::Kind::attendant);
}

template <class F, class... Args>
auto Nursery::start(F&& function, Args&&... args) {
  using Function = std::decay_t<F>;
  using Signature = typename detail::SignatureOf<Function>::type;
  static_assert(detail::StatusOf<Signature>::known,
                "a task that is started takes a TaskStatus<T> first, of a type that is written out (not auto)");
  using T = typename detail::StatusOf<Signature>::type;
  static_assert(detail::TaskFunction<Function&, TaskStatus<T>, std::unwrap_ref_decay_t<Args>...>,
                "a task that is started is a function that returns a Task, with a TaskStatus and the arguments that it "
                "takes");
  static_assert(detail::arguments_bind_safely<Signature, TaskStatus<T>, std::decay_t<Args>...>,
                "a reference parameter of the task would be bound to a temporary that is gone at its first wait: give "
                "an argument of the parameter's own type, such as std::string(\"...\")");
  detail::check_closure<F>();
  (detail::check_argument<Args>(), ...);
  require_loop("a child is started");
  return detail::start_child<T, Function, std::unwrap_ref_decay_t<Args>...>(
      *this, detail::StoredFunction<Function>(std::forward<F>(function)),
      std::tuple<std::unwrap_ref_decay_t<Args>...>(std::forward<Args>(args)...));
}

}  // namespace hoiku
