// main_function.hpp: what run() and its virtual sibling can run: a coroutine function, or one that wants a nursery.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/task.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// Takes a nursery first, and is called in one of its own.
template <class F, class... Args>
concept NurseryFunction = !TaskFunction<F&, Args&...> && TaskFunction<F&, Nursery&, Args&...>;

template <class F, class... Args>
concept MainFunction = TaskFunction<F&, Args&...> || NurseryFunction<F, Args...>;

// Something to await, in the place of a function. (A function is not asked: Asio cannot tell.)
template <class F, class... Args>
constexpr bool is_only_awaitable() {
  if constexpr (MainFunction<F, Args...> || std::is_function_v<std::remove_reference_t<F>>)
    return false;
  else
    return Awaitable<std::remove_cvref_t<F>>;
}

template <class F, class... Args>
auto run_in_nursery(F& main, Args&... args) -> std::remove_cvref_t<std::invoke_result_t<F&, Nursery&, Args&...>> {
  auto body = [&](Nursery& nursery) { return std::invoke(main, nursery, args...); };
  co_return co_await open_nursery(body);
}

// Makes the Task of main(args...) or main(nursery, args...). The function and the arguments outlive it.
template <class F, class... Args>
auto call_main(F& main, Args&... args) {
  if constexpr (TaskFunction<F&, Args&...>)
    return std::invoke(main, args...);
  else
    return run_in_nursery(main, args...);
}

}  // namespace detail
}  // namespace hoiku
