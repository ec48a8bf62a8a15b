// value_view.hpp: a value whose bytes belong to somebody else: to a Value, to a frame, to the record of a state.
//
// Promises   copying one copies no bytes. Views are equal as their values are.
// Lifetime   that of the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hoiku/proto/value.hpp"

namespace [[gnu::visibility("default")]] hoiku {

struct ValueView {
  ValueView() = default;  // null
  ValueView(const Value& value) noexcept;

  bool is_null() const noexcept { return type == ValueType::null; }
  std::int64_t as_int64() const noexcept { return static_cast<std::int64_t>(bits); }
  double as_float64() const noexcept;
  // The same number as Value::payload_bytes().
  std::size_t payload_bytes() const noexcept;
  Value copy() const;

  ValueType type = ValueType::null;
  std::uint64_t bits = 0;      // of a bool, an int64 or a double
  std::string_view content;    // of a string, bytes or a message
  std::string_view type_name;  // of a message
};

// The same as for two values.
bool operator==(const ValueView& a, const ValueView& b) noexcept;
// An int64 that goes into a topic of doubles.
ValueView widened(const ValueView& integer) noexcept;

}  // namespace hoiku
