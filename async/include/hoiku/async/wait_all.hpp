// wait_all.hpp: several waits at once, until all of them are over.
//
//   auto [map, charge] = co_await wait_all(load_map(), battery.wait_value(value > 20));
//
// Promises   gives their results in the order of the arguments (std::monostate for one without a value; nothing, where
//            none has one). An error cancels the others and comes out as an ExceptionGroup; a cancellation drops the
//            results that were there.
//            What was waited for first may be over when the last one ends: for conditions that are to be true at one
//            instant, wait on compose_values(...).
// Lifetime   what closures refer to outlives the wait; Tasks and arguments are owned by it.
// Source     wait_all of trio-util.
#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "hoiku/async/nursery.hpp"

namespace hoiku {
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

// Each of `bodies` is a Task, something else that can be awaited, or a function without arguments that returns a Task.
template <class... Fs>
  requires(sizeof...(Fs) > 0)
auto wait_all(Fs&&... bodies) {
  (detail::check_body<Fs>(), ...);
  return detail::gather(detail::BodyOf<Fs>(std::forward<Fs>(bodies))...);  // not in a tuple: see wait_any.hpp
}

}  // namespace hoiku
