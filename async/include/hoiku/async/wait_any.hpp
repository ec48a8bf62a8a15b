// wait_any.hpp: runs several waits at once, until one of them has ended.
//
//   auto [touched, late] = co_await wait_any(head.wait_value(true), sleep(5s));
//   if (touched) ...   // std::optional<bool>: the value, if this wait has ended
//   if (late) ...      // bool: true if this wait, which has no value, has ended
//
// Promises   Returns every result that there is: if two waits end in one tick, both count, and index() says which was
//            first. The others are cancelled, and wait_any waits for their cleanup; each has run until its first wait.
//            A cancellation from outside takes no result back: it strikes at the caller's next wait.
//            Two sleeps that end at the same instant are one result, since the first cancels the other.
// Errors     An error cancels all, and comes out in an ExceptionGroup.
// Lifetime   The wait owns its Tasks and arguments; what closures refer to outlives it.
// Source     wait_any of trio-util, which forgets the results.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "hoiku/async/nursery.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <class T>
struct EndedAs {
  using type = std::optional<T>;
};
template <>
struct EndedAs<void> {
  using type = bool;
};

struct Racers;

}  // namespace detail

// The result of wait_any, for a structured binding: a std::optional<T> for each wait, or a bool for a wait without a
// value; empty or false if the wait did not end.
template <class... Ts>
class FirstOf {
 public:
  using Places = std::tuple<typename detail::EndedAs<Ts>::type...>;

  // Returns the number of the wait that ended first, counted from 0.
  std::size_t index() const noexcept { return first_.value_or(0); }

  template <std::size_t I>
  auto& get() & noexcept {
    return std::get<I>(places_);
  }
  template <std::size_t I>
  const auto& get() const& noexcept {
    return std::get<I>(places_);
  }
  template <std::size_t I>
  auto&& get() && noexcept {
    return std::get<I>(std::move(places_));
  }

 private:
  friend struct detail::Racers;
  Places places_;
  std::optional<std::size_t> first_;
};

namespace detail {

struct Racers {
  template <std::size_t I, class B, class Result>
  static Task<> run(B& body, Result& result, CancelScope& others) {
    if constexpr (std::is_void_v<typename B::Result>) {
      co_await body.start();
      std::get<I>(result.places_) = true;
    } else {
      std::get<I>(result.places_).emplace(co_await body.start());
    }
    if (!result.first_) result.first_ = I;
    others.cancel("another one of wait_any has ended");
  }

  template <class Result, class... Bs>
  static void start(Nursery& nursery, std::tuple<Bs&...>& bodies, Result& result) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (nursery.start_soon(run<I, Bs, Result>, std::ref(std::get<I>(bodies)), std::ref(result),
                          std::ref(nursery.cancel_scope())),
       ...);
    }(std::index_sequence_for<Bs...>());
  }

  template <class... Bs>
  static Task<FirstOf<typename Bs::Result...>> race(Bs... owned) {
    std::tuple<Bs&...> bodies(owned...);
    FirstOf<typename Bs::Result...> result;
    auto start_all = [&](Nursery& nursery) -> Task<> {
      start(nursery, bodies, result);
      co_return;
    };
    try {
      co_await open_nursery(start_all);
    } catch (const Cancelled&) {
      // A result may be the only trace of something that has happened (a message that was received), and Cancelled
      // would say that nothing has. It strikes again at the caller's next wait.
      if (!result.first_) throw;
    }
    co_return result;
  }
};

}  // namespace detail

// Waits until one of the bodies has ended. A body is a Task, something else that can be awaited, or a function without
// arguments that returns a Task.
template <class... Fs>
  requires(sizeof...(Fs) > 0)
auto wait_any(Fs&&... bodies) {
  (detail::check_body<Fs>(), ...);
  // Passed as parameters: in a tuple g++ 12 takes a closure that captures by reference for one that owns something.
  return detail::Racers::race(detail::BodyOf<Fs>(std::forward<Fs>(bodies))...);
}

}  // namespace hoiku

template <class... Ts>
struct std::tuple_size<hoiku::FirstOf<Ts...>> : std::integral_constant<std::size_t, sizeof...(Ts)> {};
template <std::size_t I, class... Ts>
struct std::tuple_element<I, hoiku::FirstOf<Ts...>> : std::tuple_element<I, typename hoiku::FirstOf<Ts...>::Places> {};
