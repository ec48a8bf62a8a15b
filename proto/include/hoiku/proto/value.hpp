// value.hpp: the content of a topic: null (unset), a bool, a 64-bit integer, a double, a string, bytes, or a message.
//
// Promises   immutable in use. Equal means equal bytes, with two exceptions: NaN equals NaN, and 0.0 equals -0.0.
// Thread     any; a Value has no hidden sharing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "hoiku/proto/error.hpp"

namespace [[gnu::visibility("default")]] hoiku {

enum class ValueType : std::uint8_t {
  null = 0,
  boolean = 1,
  int64 = 2,
  float64 = 3,
  string = 4,
  bytes = 5,
  message = 6
};

// The names that `hoiku set --type` takes: null, bool, int64, double, string, bytes, message.
std::string_view to_string(ValueType type);
Result<ValueType> parse_value_type(std::string_view name);

// Has constructors because g++ 12 destroys the members of a braced aggregate twice inside a co_await expression.
struct Bytes {
  Bytes() = default;
  explicit Bytes(std::string bytes) : data(std::move(bytes)) {}
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// A Protobuf message, serialised deterministically, with the full name of its type.
struct MessageBytes {
  MessageBytes() = default;
  MessageBytes(std::string type, std::string bytes) : type_name(std::move(type)), data(std::move(bytes)) {}
  std::string type_name;
  std::string data;
  friend bool operator==(const MessageBytes&, const MessageBytes&) = default;
};

struct ValueView;  // value_view.hpp

class Value {
 public:
  Value() = default;  // null
  Value(bool v) : data_(v) {}
  Value(std::int64_t v) : data_(v) {}
  Value(int v) : data_(static_cast<std::int64_t>(v)) {}
  Value(double v) : data_(v) {}
  Value(std::string v) : data_(std::move(v)) {}
  Value(const char* v) : data_(std::string(v)) {}
  Value(Bytes v) : data_(std::move(v)) {}
  Value(MessageBytes v) : data_(std::move(v)) {}

  ValueType type() const noexcept { return static_cast<ValueType>(data_.index()); }
  bool is_null() const noexcept { return data_.index() == 0; }

  // The value as a T. nullptr if it is of another type.
  template <class T>
  const T* get_if() const noexcept {
    return std::get_if<T>(&data_);
  }

  // Becomes a copy of the viewed value, whose bytes are not this one's. Keeps its memory, if it was of that type.
  void assign(const ValueView& value);

  // The size that value_bytes_max limits: the bytes of the payload (8 for numbers, 1 for bool, 0 for null).
  std::size_t payload_bytes() const noexcept;

  friend bool operator==(const Value& a, const Value& b) noexcept;

 private:
  // The alternative T, which it becomes if it is of another type.
  template <class T>
  T& become() {
    T* const same = std::get_if<T>(&data_);
    return same ? *same : data_.emplace<T>();
  }

  // The order of the alternatives is the order of ValueType.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, MessageBytes> data_;
};

// The value for people: true, 21, 21.5, strings as they are, bytes as hex, null as "(unset)", a message as
// its.Type{hex}.
std::string to_display_string(const Value& value);
// The value as JSON. Bytes become {"bytes":"<base64>"}, a message {"message":"its.Type","bytes":"<base64>"}. NaN, the
// infinities, and integers beyond 2^53 become strings: most readers of JSON know doubles only, and would change the
// integer in silence. Bytes of a string that are not UTF-8 become U+FFFD.
std::string to_json(const Value& value);
// Reads `text` as a value of `type`. Bytes are read as hex; messages cannot be read. Without a type it is inferred:
// true and false, an integer, a number, otherwise a string; that never fails. Errors: invalid_argument.
Result<Value> parse_value(std::string_view text);
Result<Value> parse_value(std::string_view text, ValueType type);
// The same for text that a person typed and wants back: a number that would be shown with other digits stays a string
// ("007", "-0", "12e34", "0.1234567890123456789"; but "21.50" is a double). Errors: invalid_argument for a whole number
// beyond int64.
Result<Value> infer_value(std::string_view text);

}  // namespace hoiku
