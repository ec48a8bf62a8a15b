// topic_type.hpp: converts between C++ types and the values on the bus: bool, integers and enumerations as int64,
// floating point as double, text as string, Bytes, and Value, which is whatever the topic holds. A std::optional of one
// of these is for a topic that may be unset. Protobuf messages: hoiku/protobuf.hpp. For a type of your own specialise
// TopicTraits.
//
// An int64 can be read as a double; nothing else is converted. An integer that does not fit the type asked for is a
// TypeMismatch, never truncated.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "hoiku/client/errors.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/proto/schema.hpp"
#include "hoiku/proto/value.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// How a type is kept in a topic. A value that cannot be kept or read throws TypeMismatch, by throw_type_mismatch;
// `topic` is for its message. An example is in tests/client/topic_type_test.cpp. A struct that owns memory needs a
// constructor, or a name before it is awaited: g++ 12 destroys the text of an aggregate in `co_await
// mood.set(Mood{text})` twice.
//
//   template <>
//   struct hoiku::TopicTraits<Mood> {
//     static constexpr std::string_view type_name = "mood";                     // for people
//     static Value to_value(const Mood& mood, const std::string& topic);        // or by value; never returns null
//     static Mood from_value(const Value& held, const std::string& topic);      // `held` is never null
//   };
template <class T>
struct TopicTraits;

template <class T>
concept TopicType = requires(const T& v, const Value& held, const std::string& topic) {
  { TopicTraits<T>::type_name } -> std::convertible_to<std::string_view>;
  { TopicTraits<T>::to_value(v, topic) } -> std::same_as<Value>;
  { TopicTraits<T>::from_value(held, topic) } -> std::same_as<T>;
};

[[noreturn]] void throw_type_mismatch(const std::string& topic, std::string_view wanted, const Value& has);

namespace detail {

template <class T>
concept IntegerTopic = std::integral<T> && !AnyOf<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

template <class T>
concept RealTopic = AnyOf<T, float, double>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// std::optional<T>; for a T that is an optional already, T.
template <class T>
using OptionalOf = std::conditional_t<is_optional<T>, T, std::optional<T>>;

[[noreturn]] void throw_out_of_range(const std::string& topic, std::string_view number, std::string_view wanted);

template <class T>
struct NativeTopicTraits {
  static Value to_value(T v, const std::string&) { return Value(std::move(v)); }
  static T from_value(const Value& held, const std::string& topic) {
    const T* same = held.get_if<T>();
    if (!same) throw_type_mismatch(topic, TopicTraits<T>::type_name, held);
    return *same;
  }
};

}  // namespace detail

template <>
struct TopicTraits<bool> : detail::NativeTopicTraits<bool> {
  static constexpr std::string_view type_name = "bool";
};
template <>
struct TopicTraits<std::string> : detail::NativeTopicTraits<std::string> {
  static constexpr std::string_view type_name = "string";
};
template <>
struct TopicTraits<Bytes> : detail::NativeTopicTraits<Bytes> {
  static constexpr std::string_view type_name = "bytes";
};

template <>
struct TopicTraits<Value> {
  static constexpr std::string_view type_name = "value";
  static Value to_value(Value v, const std::string&) { return v; }
  static Value from_value(const Value& held, const std::string&) { return held; }
};

template <detail::IntegerTopic T>
struct TopicTraits<T> {
  static constexpr std::string_view type_name = "int64";
  static Value to_value(T v, const std::string& topic) {
    if (!std::in_range<std::int64_t>(v)) detail::throw_out_of_range(topic, std::to_string(v), "an int64");
    return Value(static_cast<std::int64_t>(v));
  }
  static T from_value(const Value& held, const std::string& topic) {
    const auto* integer = held.get_if<std::int64_t>();
    if (!integer) throw_type_mismatch(topic, type_name, held);
    if (!std::in_range<T>(*integer)) {
      detail::throw_out_of_range(
          topic, std::to_string(*integer),
          "an integer of " + std::to_string(std::numeric_limits<T>::digits + std::is_signed_v<T>) + " bits");
    }
    return static_cast<T>(*integer);
  }
};

template <detail::RealTopic T>
struct TopicTraits<T> {
  static constexpr std::string_view type_name = "double";
  static Value to_value(T v, const std::string&) { return Value(static_cast<double>(v)); }
  static T from_value(const Value& held, const std::string& topic) {
    if (const auto* integer = held.get_if<std::int64_t>()) return static_cast<T>(*integer);
    const auto* real = held.get_if<double>();
    if (!real) throw_type_mismatch(topic, type_name, held);
    return static_cast<T>(*real);
  }
};

// An enumeration is kept as its number, so that it has an order and names may change. A number without a name is kept
// too.
template <class T>
  requires std::is_enum_v<T>
struct TopicTraits<T> {
  using Number = std::underlying_type_t<T>;
  // Also for an enumeration over bool or char.
  using Kept = std::conditional_t<detail::IntegerTopic<Number>, Number, std::int64_t>;
  static constexpr std::string_view type_name = "int64";
  static Value to_value(T v, const std::string& topic) {
    return TopicTraits<Kept>::to_value(static_cast<Kept>(v), topic);
  }
  static T from_value(const Value& held, const std::string& topic) {
    const Kept number = TopicTraits<Kept>::from_value(held, topic);
    if constexpr (!std::same_as<Kept, Number>) {
      if (number < static_cast<std::int64_t>(std::numeric_limits<Number>::min()) ||
          number > static_cast<std::int64_t>(std::numeric_limits<Number>::max()))
        detail::throw_out_of_range(topic, std::to_string(number), "this enumeration");
    }
    return static_cast<T>(static_cast<Number>(number));
  }
};

// For a topic that may be unset: an empty optional is "unset", for reading, writing and waiting.
template <class T>
  requires TopicType<T> && (!detail::is_optional<T>)
struct TopicTraits<std::optional<T>> {
  static constexpr std::string_view type_name = TopicTraits<T>::type_name;
  static Value to_value(std::optional<T> v, const std::string& topic) {
    return v ? TopicTraits<T>::to_value(*std::move(v), topic) : Value();
  }
  static std::optional<T> from_value(const Value& held, const std::string& topic) {
    if (held.is_null()) return std::nullopt;
    return TopicTraits<T>::from_value(held, topic);
  }
};

namespace detail {

template <TopicType T>
Value to_value(T v, const std::string& topic) {
  return TopicTraits<T>::to_value(std::move(v), topic);
}

// The value must not be null, unless T is an optional.
template <TopicType T>
T from_value(const Value& held, const std::string& topic) {
  return TopicTraits<T>::from_value(held, topic);
}

// The value type that the topic is declared to hold. A user's own type has a name for people only: null, so that the
// broker learns the type from the values.
template <TopicType T>
ValueType declared_type() {
  if constexpr (is_optional<T>) {
    return declared_type<typename T::value_type>();
  } else {
    const auto known = parse_value_type(TopicTraits<T>::type_name);
    return known ? *known : ValueType::null;
  }
}

// The schema of the topic's messages; null if it holds none, or lite ones.
template <TopicType T>
const MessageSchema* schema_of() {
  if constexpr (is_optional<T>)
    return schema_of<typename T::value_type>();
  else if constexpr (requires { TopicTraits<T>::schema(); })
    return &TopicTraits<T>::schema();
  else
    return nullptr;
}

template <TopicType T>
OptionalOf<T> from_value_or_unset(const Value& held, const std::string& topic) {
  if constexpr (is_optional<T>) {
    return from_value<T>(held, topic);
  } else {
    if (held.is_null()) return std::nullopt;
    return from_value<T>(held, topic);
  }
}

}  // namespace detail
}  // namespace hoiku
