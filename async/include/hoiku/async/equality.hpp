// equality.hpp: Equality<T>: when a value counts as unchanged. It is == unless a type specialises it.
//
//   template <>
//   struct hoiku::Equality<Image> {
//     static bool equal(const Image& a, const Image& b) { return a.checksum == b.checksum; }
//   };
#pragma once

#include <concepts>
#include <tuple>
#include <utility>

namespace [[gnu::visibility("default")]] hoiku {

template <class T>
struct Equality {
  static bool equal(const T& a, const T& b) { return static_cast<bool>(a == b); }
};

// NaN equals NaN: a sensor that fails is one transition, not one with each reading.
template <std::floating_point T>
struct Equality<T> {
  static bool equal(T a, T b) { return a == b || (a != a && b != b); }
};

template <class... Ts>
struct Equality<std::tuple<Ts...>> {
  static bool equal(const std::tuple<Ts...>& a, const std::tuple<Ts...>& b) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      return (Equality<Ts>::equal(std::get<i>(a), std::get<i>(b)) && ...);
    }(std::index_sequence_for<Ts...>());
  }
};

}  // namespace hoiku
