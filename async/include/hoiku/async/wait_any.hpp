// wait_any.hpp: several waits at once, until one of them is over.
//
//   auto [touched, late] = co_await wait_any(head.wait_value(true), sleep(5s));
//   if (touched) ...   // std::optional<bool>: the value, where this one ended
//   if (late) ...      // bool, where there is no value
//
// Promises   gives all results that there are: two that end in one tick both count, and index() says which was first.
//            The others are cancelled, and their cleanup is waited for; each gets its first frame. What has ended is
//            never taken back: a cancellation from outside that comes after it strikes at the caller's next point. An
//            error cancels all and comes out as an ExceptionGroup.
//            Two sleeps that end at the same instant are one result: the first one cancels the other.
// Lifetime   what closures refer to outlives the wait; Tasks and arguments are owned by it.
// Source     wait_any of trio-util, which forgets the results.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "hoiku/async/nursery.hpp"

namespace hoiku {
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

// One place for each of those that raced: std::optional<T>, or bool for a wait without a value; empty or false where it
// did not end. Taken apart with a structured binding.
template <class... Ts>
class FirstOf {
 public:
  using Places = std::tuple<typename detail::EndedAs<Ts>::type...>;

  // Who was first, counted from 0.
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
      // A result may be the only trace of something that has happened (a message that was received), and Cancelled says
      // that nothing has. It comes again at the caller's next point.
      if (!result.first_) throw;
    }
    co_return result;
  }
};

}  // namespace detail

// Each of `bodies` is a Task, something else that can be awaited, or a function without arguments that returns a Task.
template <class... Fs>
  requires(sizeof...(Fs) > 0)
auto wait_any(Fs&&... bodies) {
  (detail::check_body<Fs>(), ...);
  // Not in a tuple: there g++ 12 takes a closure that captures by reference for one that owns something.
  return detail::Racers::race(detail::BodyOf<Fs>(std::forward<Fs>(bodies))...);
}

}  // namespace hoiku

template <class... Ts>
struct std::tuple_size<hoiku::FirstOf<Ts...>> : std::integral_constant<std::size_t, sizeof...(Ts)> {};
template <std::size_t I, class... Ts>
struct std::tuple_element<I, hoiku::FirstOf<Ts...>> : std::tuple_element<I, typename hoiku::FirstOf<Ts...>::Places> {};
