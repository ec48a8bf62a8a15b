// topic_type.hpp: how the types of C++ and the values on the bus become each other: bool, integers as int64, floating
// point as double, text as string, and Value, which is whatever the topic holds.
//
// An int64 is read as a double where a double is asked for; nothing else is converted. An integer that does not fit the
// type asked for is a TypeMismatch, never cut.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "hoiku/client/errors.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku {
namespace detail {

template <class T, class... Ts>
concept AnyOf = (std::same_as<T, Ts> || ...);

template <class T>
concept IntegerTopic = std::integral<T> && !AnyOf<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

template <class T>
concept RealTopic = AnyOf<T, float, double>;

[[noreturn]] void throw_type_mismatch(const std::string& topic, std::string_view wanted, const Value& has);
[[noreturn]] void throw_out_of_range(const std::string& topic, std::string_view number, std::string_view wanted);

}  // namespace detail

template <class T>
concept TopicType = std::same_as<T, bool> || detail::IntegerTopic<T> || detail::RealTopic<T> ||
    std::same_as<T, std::string> || std::same_as<T, Value>;

namespace detail {

template <TopicType T>
constexpr std::string_view topic_type_name() {
  if constexpr (std::same_as<T, bool>) return "bool";
  if constexpr (IntegerTopic<T>) return "int64";
  if constexpr (RealTopic<T>) return "double";
  if constexpr (std::same_as<T, std::string>) return "string";
  if constexpr (std::same_as<T, Value>) return "value";
}

template <TopicType T>
Value to_value(T v, const std::string& topic) {
  if constexpr (IntegerTopic<T>) {
    if (!std::in_range<std::int64_t>(v)) throw_out_of_range(topic, std::to_string(v), "an int64");
    return Value(static_cast<std::int64_t>(v));
  } else if constexpr (RealTopic<T>) {
    return Value(static_cast<double>(v));
  } else {
    return Value(std::move(v));
  }
}

// The value must not be null.
template <TopicType T>
T from_value(const Value& held, const std::string& topic) {
  if constexpr (std::same_as<T, Value>) {
    return held;
  } else if constexpr (IntegerTopic<T>) {
    const auto* integer = held.get_if<std::int64_t>();
    if (!integer) throw_type_mismatch(topic, topic_type_name<T>(), held);
    if (!std::in_range<T>(*integer)) {
      throw_out_of_range(
          topic, std::to_string(*integer),
          "an integer of " + std::to_string(std::numeric_limits<T>::digits + std::is_signed_v<T>) + " bits");
    }
    return static_cast<T>(*integer);
  } else if constexpr (RealTopic<T>) {
    if (const auto* integer = held.get_if<std::int64_t>()) return static_cast<T>(*integer);
    const auto* real = held.get_if<double>();
    if (!real) throw_type_mismatch(topic, topic_type_name<T>(), held);
    return static_cast<T>(*real);
  } else {
    const T* same = held.get_if<T>();
    if (!same) throw_type_mismatch(topic, topic_type_name<T>(), held);
    return *same;
  }
}

}  // namespace detail
}  // namespace hoiku
