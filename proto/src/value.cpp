#include "hoiku/proto/value.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "hoiku/proto/text.hpp"
#include "hoiku/proto/value_view.hpp"
#include "proto/src/literal_text.hpp"

namespace hoiku {
namespace {

constexpr std::array<std::string_view, 7> type_names{"null", "bool", "int64", "double", "string", "bytes", "message"};

std::optional<std::int64_t> read_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Accepts numbers that begin with a digit. std::from_chars also takes "nan(x)", "infinity" and ".5".
std::optional<double> read_number(std::string_view text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (first == text.size() || !text::is_digit(text[first])) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> read_double(std::string_view text) {
  if (text == "nan") return std::nan("");
  if (text == "inf") return HUGE_VAL;
  if (text == "-inf") return -HUGE_VAL;
  return read_number(text);
}

std::optional<Value> read_as(std::string_view text, ValueType type) {
  switch (type) {
    case ValueType::null:
      if (text.empty() || text == "null" || text == "(unset)") return Value{};
      return std::nullopt;
    case ValueType::boolean:
      if (text == "true") return Value(true);
      if (text == "false") return Value(false);
      return std::nullopt;
    case ValueType::int64:
      if (const auto integer = read_integer(text)) return Value(*integer);
      return std::nullopt;
    case ValueType::float64:
      if (const auto number = read_double(text)) return Value(*number);
      return std::nullopt;
    case ValueType::string:
      return Value(std::string(text));
    case ValueType::bytes:
      if (auto bytes = text::from_hex(text)) return Value(Bytes{std::move(*bytes)});
      return std::nullopt;
    case ValueType::message:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string_view expectation(ValueType type) {
  switch (type) {
    case ValueType::null:
      return "null is written as null or as empty text";
    case ValueType::boolean:
      return "a bool is true or false";
    case ValueType::int64:
      return "an int64 is a whole number from -2^63 to 2^63-1";
    case ValueType::float64:
      return "a double is a number such as 21.5 or -1e9, or nan, inf, -inf";
    case ValueType::bytes:
      return "bytes are written as hexadecimal digits, two for each byte";
    case ValueType::message:
      return "a message cannot be written as text";
    case ValueType::string:
      break;
  }
  return "any text is a string";
}

}  // namespace

std::string_view to_string(ValueType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < type_names.size() ? type_names[index] : "unknown";
}

Result<ValueType> parse_value_type(std::string_view name) {
  for (std::size_t i = 0; i < type_names.size(); ++i) {
    if (type_names[i] == name) return static_cast<ValueType>(i);
  }
  return Failure{ErrorCode::invalid_argument, text::quote(name) +
                                                  " is not a value type; expected null, bool, int64, double, "
                                                  "string, bytes or message"};
}

std::size_t Value::payload_bytes() const noexcept { return ValueView(*this).payload_bytes(); }

// Only the class declares this friend, so it does not have the visibility of the header's namespace.
[[gnu::visibility("default")]] bool operator==(const Value& a, const Value& b) noexcept {
  return ValueView(a) == ValueView(b);
}

std::string to_display_string(const Value& value) {
  if (const auto* v = value.get_if<bool>()) return *v ? "true" : "false";
  if (const auto* v = value.get_if<std::int64_t>()) return std::to_string(*v);
  if (const auto* v = value.get_if<double>()) return text::shortest(*v);
  if (const auto* v = value.get_if<std::string>()) return *v;
  if (const auto* v = value.get_if<Bytes>()) return text::to_hex(v->data);
  if (const auto* v = value.get_if<MessageBytes>()) return v->type_name + "{" + text::to_hex(v->data) + "}";
  return "(unset)";
}

std::string to_json(const Value& value) {
  std::string out;
  if (const auto* v = value.get_if<bool>()) return *v ? "true" : "false";
  if (const auto* v = value.get_if<std::int64_t>()) {
    constexpr std::int64_t exact_double_max = std::int64_t{1} << 53;
    if (*v >= -exact_double_max && *v <= exact_double_max) return std::to_string(*v);
    return '"' + std::to_string(*v) + '"';
  }
  if (const auto* v = value.get_if<double>()) {
    if (std::isfinite(*v)) return text::shortest_with_point(*v);
    text::append_quoted(out, text::shortest(*v));
    return out;
  }
  if (const auto* v = value.get_if<std::string>()) {
    text::append_quoted(out, text::valid_utf8(*v));
    return out;
  }
  if (const auto* v = value.get_if<Bytes>()) return R"({"bytes":")" + text::to_base64(v->data) + R"("})";
  if (const auto* v = value.get_if<MessageBytes>()) {
    out = R"({"message":)";
    text::append_quoted(out, text::valid_utf8(v->type_name));
    return out + R"(,"bytes":")" + text::to_base64(v->data) + R"("})";
  }
  return "null";
}

Result<Value> parse_value(std::string_view text) {
  for (const ValueType type : {ValueType::boolean, ValueType::int64}) {
    if (auto value = read_as(text, type)) return std::move(*value);
  }
  if (const auto number = read_number(text)) return Value(*number);  // "nan" and "inf" look like words
  return Value(std::string(text));
}

Result<Value> parse_value(std::string_view text, ValueType type) {
  if (auto value = read_as(text, type)) return std::move(*value);
  return Failure{ErrorCode::invalid_argument, text::quote(text) + " cannot be read as " + std::string(to_string(type)) +
                                                  ": " + std::string(expectation(type))};
}

}  // namespace hoiku
