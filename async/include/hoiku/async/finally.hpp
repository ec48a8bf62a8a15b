// finally.hpp: finally: an act, and what follows it however the act ended: the robot goes to rest, the motor stops.
//
//   co_await finally(dance, [&]() -> Task<> { co_await tail.set("rest"); });          // for at most 1 s
//   co_await finally([&]() -> Task<> { ... }, [&]() -> Task<> { ... }, 200ms);
//
// Both are bodies, as those of cancel_scope.hpp: a function, a closure that captures by reference, a Task, or something
// else that can be awaited.
//
// Promises   `rest` begins after the act has returned, failed or been cancelled, Ctrl-C included, and no cancellation
//            from outside reaches it. It is cut short when `limit` has passed; with a limit of zero, at its first wait.
// Result     the act's: its value, its error, or its cancellation.
// Errors     An error of `rest`, or TooSlowError if it was cut short, comes out instead of a value or a cancellation.
//            So a rest that did not happen is never silent: put what may fail into a time limit of its own.
//            If both have failed, both errors come out in an ExceptionGroup, the act's first. A negative limit is a
//            std::invalid_argument, before the act begins.
// Thread     the loop's.
// Source     the `finally` of Python, shielded and limited as Trio recommends for its own. C++ has neither a finally
//            nor a co_await in a destructor.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/async/time.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// Throws what an act and its rest have left: see Errors. Null: no error.
void throw_if_failed(std::exception_ptr act, std::exception_ptr rest);
[[noreturn]] void throw_rest_too_slow();

template <class Rest>
Task<> run_rest(Rest rest, Duration limit) {
  CancelScope scope(saturating_add(now(), limit));
  scope.set_shield(true);
  const bool late = co_await scope.run([&]() -> Task<> { co_await rest.start(); });
  if (late) throw_rest_too_slow();
}

template <class Act, class Rest>
Task<typename Act::Result> run_act_and_rest(Act act, Rest rest, Duration limit) {
  using Result = typename Act::Result;
  std::optional<std::conditional_t<std::is_void_v<Result>, std::monostate, Result>> result;
  std::exception_ptr act_error;
  try {
    if constexpr (std::is_void_v<Result>)
      co_await act.start();
    else
      result.emplace(co_await act.start());
  } catch (...) {
    act_error = std::current_exception();
  }
  std::exception_ptr rest_error;
  try {
    co_await run_rest<Rest>(std::move(rest), limit);
  } catch (...) {
    rest_error = std::current_exception();
  }
  throw_if_failed(std::move(act_error), std::move(rest_error));
  if constexpr (!std::is_void_v<Result>) co_return std::move(*result);
}

}  // namespace detail

template <class Act, class Rest>
auto finally(Act&& act, Rest&& rest, Duration limit = std::chrono::seconds(1)) {
  if (limit < Duration::zero()) throw std::invalid_argument("a time limit must not be negative");
  return detail::run_act_and_rest<detail::BodyOf<Act>, detail::BodyOf<Rest>>(
      detail::make_body(std::forward<Act>(act)), detail::make_body(std::forward<Rest>(rest)), limit);
}

}  // namespace hoiku
