// nursery_block.hpp: what open_nursery and move_on_when are made of. Included by nursery.hpp.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "hoiku/async/nursery.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// Enters the nursery's scope; after the body, waits for every child and leaves the scope.
class NurseryBlock {
 public:
  explicit NurseryBlock(TaskState& task);
  Nursery& nursery() noexcept { return nursery_; }
  void body_failed(std::exception_ptr error) { nursery_.add_error(std::move(error)); }
  Task<> join();
  // Leaves the scope. Throws the group of errors, or Cancelled if the cancellation came from outside.
  void leave();

 private:
  TaskState& task_;
  ScopeNode* outer_;
  Nursery nursery_;
};

template <class F>
auto run_nursery(F body) -> std::invoke_result_t<F, Nursery&> {
  using Result = typename std::invoke_result_t<F, Nursery&>::value_type;
  NurseryBlock block(co_await current_task());
  std::optional<std::conditional_t<std::is_void_v<Result>, std::monostate, Result>> result;
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<Result>)
      co_await std::invoke(std::forward<F>(body), block.nursery());
    else
      result.emplace(co_await std::invoke(std::forward<F>(body), block.nursery()));
  } catch (...) {
    error = std::current_exception();
  }
  if (error) block.body_failed(std::move(error));
  co_await block.join();
  block.leave();
  if constexpr (!std::is_void_v<Result>) {
    // No exception came out, so either the body has returned, or the nursery itself was cancelled.
    if (!result) throw Closed("the nursery was cancelled before its body gave a result");
    co_return std::move(*result);
  }
}

template <class TriggerBody, class B>
Task<bool> run_until(TriggerBody trigger, B body) {
  CancelScope scope;
  std::exception_ptr body_error;
  auto watch = [&]() -> Task<> {
    co_await trigger.start();
    scope.cancel("move_on_when");
  };
  auto act = [&](Nursery& nursery) -> Task<> {
    nursery.start_soon(watch);
    // The body's error passes as it is; only the trigger's comes in a group.
    try {
      co_await scope.run([&]() -> Task<> { co_await body.start(); });
    } catch (...) {
      body_error = std::current_exception();
    }
    nursery.cancel_scope().cancel("the body of move_on_when has ended");
  };
  co_await open_nursery(act);
  if (body_error) std::rethrow_exception(body_error);
  co_return scope.cancelled_caught();
}

}  // namespace detail

template <class F>
auto open_nursery(F&& body) {
  static_assert(
      detail::TaskFunction<F, Nursery&>,
      "the body of open_nursery takes a Nursery& and returns a Task: [&](Nursery& nursery) -> Task<> { ... }");
  detail::check_closure<F>();
  if constexpr (detail::TaskFunction<F, Nursery&>)
    return detail::run_nursery<std::conditional_t<std::is_lvalue_reference_v<F>, F, std::decay_t<F>>>(
        std::forward<F>(body));
}

template <class Trigger, class F, class... Args>
Task<bool> move_on_when(Trigger&& trigger, F&& body, Args&&... args) {
  return detail::run_until<detail::BodyOf<Trigger>, detail::BodyOf<F, Args...>>(
      detail::make_body(std::forward<Trigger>(trigger)),
      detail::make_body(std::forward<F>(body), std::forward<Args>(args)...));
}

}  // namespace hoiku
