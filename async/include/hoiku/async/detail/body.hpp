// body.hpp: what a scope can run: a function with its arguments, a closure, a Task, or anything else that can be awaited.
#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>

#include "hoiku/async/task.hpp"

namespace hoiku::detail {

template <class F, class... Args>
concept TaskFunction = std::invocable<F, Args...> && is_task<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>;

// What may be destroyed twice, or is no temporary.
template <class F>
concept OwnsNothing = std::is_lvalue_reference_v<F> || (std::is_trivially_copyable_v<std::decay_t<F>> &&
                                                        std::is_trivially_destructible_v<std::decay_t<F>>);

// g++ 12 destroys a temporary closure twice where it owns something and stands inside a co_await expression.
template <class F>
constexpr void check_closure() {
  static_assert(OwnsNothing<F>,
                "this closure owns what it captures and stands inside a co_await expression, which g++ 12 miscompiles: "
                "capture by reference ([&]; the body ends before the call returns), pass a function with its arguments "
                "(move_on_after(3s, wag, tail)), or give the closure a name first and pass that");
}

// A closure, generic ones ([](auto x) ...) included, of which only the arguments tell that they can be called. Not what can
// only be awaited, such as an operation of Asio.
template <class F, class... Args>
concept Closure = std::is_class_v<F> && (requires { &F::operator(); } || std::invocable<F&, Args...>);

template <class F, class... Args>
concept SafeInAwait = !Closure<std::decay_t<F>, Args...> || OwnsNothing<F>;

// The same for what may be a closure, which is called with `Args`, or something else that can be awaited.
template <class F, class... Args>
constexpr void check_body() {
  if constexpr (!SafeInAwait<F, Args...>) check_closure<F>();
}

template <class A>
using AwaitResult =
    std::remove_cvref_t<decltype(std::declval<PromiseBase&>().await_transform(std::declval<A>()).await_resume())>;

template <class A>
Task<AwaitResult<A>> await_body(A awaitable) {
  if constexpr (std::is_void_v<AwaitResult<A>>)
    co_await std::move(awaitable);
  else
    co_return co_await std::move(awaitable);
}

template <class F, class... Args>
struct BodyTask {
  using type = Task<>;
};
template <class F>
  requires(!is_task<std::remove_cvref_t<F>> && !TaskFunction<F>)
struct BodyTask<F> {
  using type = Task<AwaitResult<std::remove_cvref_t<F>>>;
};
template <class F, class... Args>
  requires is_task<std::remove_cvref_t<F>>
struct BodyTask<F, Args...> {
  using type = std::remove_cvref_t<F>;
};
template <class F, class... Args>
  requires TaskFunction<F, Args...>
struct BodyTask<F, Args...> {
  using type = std::remove_cvref_t<std::invoke_result_t<F, Args...>>;
};

// Owns a body until it is started. Lvalue callables are referred to, everything else is moved in.
template <class F, class... Args>
class Body {
 public:
  using TaskType = typename BodyTask<F, Args...>::type;
  using Result = typename TaskType::value_type;

  explicit Body(F&& function, Args... args) : function_(std::forward<F>(function)), args_(std::move(args)...) {}

  TaskType start() {
    if constexpr (is_task<std::remove_cvref_t<F>>) {
      return std::move(function_);
    } else if constexpr (TaskFunction<F, Args...>) {
      return std::apply([this](auto&... args) { return std::invoke(std::forward<F>(function_), std::move(args)...); },
                        args_);
    } else {
      static_assert(sizeof...(Args) == 0, "the body must be callable with these arguments and return a Task");
      return await_body(std::move(function_));
    }
  }

 private:
  F function_;
  std::tuple<Args...> args_;
};

template <class F, class... Args>
using BodyOf = Body<std::conditional_t<std::is_lvalue_reference_v<F> && !std::is_function_v<std::remove_reference_t<F>>,
                                       F, std::decay_t<F>>,
                    std::decay_t<Args>...>;

}  // namespace hoiku::detail
