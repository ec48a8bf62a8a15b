// wait_all.hpp: runs several waits at once, until all of them have ended.
//
//   auto [map, charge] = co_await wait_all(load_map(), battery.wait_value(value > 20));
//
// Promises   Returns the results as a tuple, in the order of the arguments: std::monostate for a wait without a value;
//            void if no wait has one. A cancellation drops the results that were there. A condition that was met first
//            may be false again when the last wait ends: to wait until several are true at one instant, use
//            compose_values(...).
// Errors     An error cancels the others, and comes out in an ExceptionGroup.
// Lifetime   The wait owns its Tasks and arguments; what closures refer to outlives it.
// Source     wait_all of trio-util.
#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "hoiku/async/nursery.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <class T>
using StoredAs = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class B, class Place>
Task<> run_one_of_all(B& body, Place& place) {
  if constexpr (std::is_void_v<typename B::Result>) {
    co_await body.start();
    place.emplace();
  } else {
    place.emplace(co_await body.start());
  }
}

template <class Places, class... Bs>
Task<> run_all(std::tuple<Bs&...>& bodies, Places& places) {
  auto start_all = [&](Nursery& nursery) -> Task<> {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (nursery.start_soon(run_one_of_all<Bs, std::tuple_element_t<I, Places>>, std::ref(std::get<I>(bodies)),
                          std::ref(std::get<I>(places))),
       ...);
    }(std::index_sequence_for<Bs...>());
    co_return;
  };
  co_await open_nursery(start_all);
}

template <class... Bs>
auto gather(Bs... owned) -> Task<std::conditional_t<(std::is_void_v<typename Bs::Result> && ...), void,
                                                    std::tuple<StoredAs<typename Bs::Result>...>>> {
  std::tuple<Bs&...> bodies(owned...);
  std::tuple<std::optional<StoredAs<typename Bs::Result>>...> places;
  co_await run_all(bodies, places);
  if constexpr (!(std::is_void_v<typename Bs::Result> && ...)) {
    co_return std::apply(
        [](auto&... place) { return std::tuple<StoredAs<typename Bs::Result>...>(std::move(*place)...); }, places);
  }
}

}  // namespace detail

// Waits until all bodies have ended. A body is a Task, something else that can be awaited, or a function without
// arguments that returns a Task.
template <class... Fs>
  requires(sizeof...(Fs) > 0)
auto wait_all(Fs&&... bodies) {
  (detail::check_body<Fs>(), ...);
  return detail::gather(detail::BodyOf<Fs>(std::forward<Fs>(bodies))...);  // not in a tuple: see wait_any.hpp
}

}  // namespace hoiku
