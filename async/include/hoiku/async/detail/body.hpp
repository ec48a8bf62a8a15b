// body.hpp: what a scope can run: a function with its arguments, a closure, a Task, or anything else that can be
// awaited.
#pragma once

#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "hoiku/async/task.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// Called with these arguments, returns a Task.
template <class F, class... Args>
concept TaskFunction = std::invocable<F, Args...> && is_task<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>;

template <class F>
concept OwnsNothing = std::is_lvalue_reference_v<F> || (std::is_trivially_copyable_v<std::decay_t<F>> &&
                                                        std::is_trivially_destructible_v<std::decay_t<F>>);

// Refuses a temporary closure that owns something: inside a co_await expression g++ 12 destroys it twice.
template <class F>
constexpr void check_closure() {
  static_assert(OwnsNothing<F>,
                "this closure owns what it captures and stands inside a co_await expression, which g++ 12 miscompiles: "
                "capture by reference ([&]; the body ends before the call returns), pass a function with its arguments "
                "(move_on_after(3s, wag, tail)), or give the closure a name first and pass that");
}

// A class that can be called, generic closures ([](auto x) ...) included, which need the arguments to tell. An
// operation of Asio, which can only be awaited, is none.
template <class F, class... Args>
concept Closure = std::is_class_v<F> && (requires { &F::operator(); } || std::invocable<F&, Args...>);

template <class F, class... Args>
concept SafeInAwait = !Closure<std::decay_t<F>, Args...> || OwnsNothing<F>;

// Refuses the same if `F` is a closure that is called with `Args`, and allows whatever else can be awaited.
template <class F, class... Args>
constexpr void check_body() {
  if constexpr (!SafeInAwait<F, Args...>) check_closure<F>();
}

// Inside a co_await expression g++ 12 destroys a temporary of such a class twice. (One that cannot be copied can only
// be moved there, so it is allowed.)
template <class T>
concept DestroyedTwice =
    std::is_class_v<T> && std::is_aggregate_v<T> && !std::is_trivially_destructible_v<T> && std::copy_constructible<T>;

// Refuses a temporary as an argument, if it would be destroyed twice. `A` is deduced for a forwarding reference.
template <class A>
constexpr void check_argument() {
  static_assert(std::is_lvalue_reference_v<A> || !DestroyedTwice<std::remove_cvref_t<A>>,
                "this aggregate is a temporary inside a co_await expression, where g++ 12 destroys it twice: give it a "
                "name first (const Mood next{...};) and pass that");
}

// Whether a call returns a Task: what is given is a coroutine.
template <class F, class... Args>
concept Coroutine = std::invocable<F, Args...> && is_task<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>;

// Refuses a coroutine in place of an ordinary function: its Task would be dropped, and nothing would happen.
template <class F, class... Args>
constexpr void check_function() {
  static_assert(!Coroutine<F, Args...>,
                "an ordinary function is wanted here, not a coroutine: it is called at once, and cannot co_await");
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

// The Task that runs the body, as a std::type_identity.
template <class F, class... Args>
constexpr auto body_task() {
  using D = std::remove_cvref_t<F>;
  if constexpr (is_task<D>)
    return std::type_identity<D>();
  else if constexpr (TaskFunction<F, Args...>)
    return std::type_identity<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>();
  else if constexpr (Awaitable<D> && sizeof...(Args) == 0)
    return std::type_identity<Task<AwaitResult<D>>>();
  else
    return std::type_identity<Task<>>();  // Body::start() says what is wrong
}

// Owns a body until it starts. A callable that is an lvalue is referred to, everything else is moved in.
template <class F, class... Args>
class Body {
 public:
  using TaskType = typename decltype(body_task<F, Args...>())::type;
  using Result = typename TaskType::value_type;

  explicit Body(F&& function, Args... args) : function_(std::forward<F>(function)), args_(std::move(args)...) {}

  TaskType start() {
    if constexpr (is_task<std::remove_cvref_t<F>>) {
      return std::move(function_);
    } else if constexpr (TaskFunction<F, Args...>) {
      return std::apply([this](auto&... args) { return std::invoke(std::forward<F>(function_), std::move(args)...); },
                        args_);
    } else if constexpr (Awaitable<std::remove_cvref_t<F>> && sizeof...(Args) == 0) {
      return await_body(std::move(function_));
    } else {
      static_assert(never_true<F>,
                    "a body is a function that returns a Task when it is called with these arguments, a Task, or "
                    "something else that can be awaited");
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

template <class F, class... Args>
BodyOf<F, Args...> make_body(F&& body, Args&&... args) {
  check_body<F, std::decay_t<Args>...>();
  (check_argument<Args>(), ...);
  static_assert(std::is_lvalue_reference_v<F> || std::is_function_v<std::remove_reference_t<F>> ||
                    std::move_constructible<std::decay_t<F>>,
                "a block such as move_on_after(...) is no body by itself: put it into one, "
                "[&]() -> Task<> { co_await move_on_after(...); }");
  return BodyOf<F, Args...>(std::forward<F>(body), std::forward<Args>(args)...);
}

}  // namespace detail
}  // namespace hoiku
