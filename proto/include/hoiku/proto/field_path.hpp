// field_path.hpp: reads one field of a Protobuf message, such as value.pose.x, from its bytes, without parsing the
// message.
//
// Types      integers, bools, floating point, strings, bytes, and enumerations, which read as their number.
//            FieldContent distinguishes all values of uint64; as a Value, those beyond int64 are doubles.
// Absent     a field without presence of its own (as in proto3) reads as its zero. Any other absent field reads as
//            null, and so does every field of an absent message. Of several occurrences the last one counts, as
//            Protobuf merges them, and a later member of a oneof clears the others.
// Promises   immutable and cheap to copy. read() allocates nothing, and visits each field beside the path once, however
//            large it is. It returns null if the bytes that it visits are malformed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "hoiku/proto/value.hpp"

namespace [[gnu::visibility("default")]] hoiku {

struct BytesView {
  std::string_view data;
  friend bool operator==(const BytesView&, const BytesView&) = default;
};

// The content of a field. Valid as long as the bytes of the message. monostate: null.
using FieldContent =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view, BytesView>;

class FieldPath {
 public:
  static constexpr std::size_t fields_max = 32;

  FieldContent read(std::string_view message) const noexcept;
  Value value(std::string_view message) const;

  // boolean, int64, float64, string or bytes.
  ValueType type() const noexcept;
  const std::string& message_type() const noexcept;  // the type of messages that this path reads

  // For an enumeration: its name (empty for other types), the number of one of its values, and the names of all values,
  // for error messages.
  const std::string& enum_name() const noexcept;
  std::optional<std::int32_t> enum_number(std::string_view name) const;
  std::string enum_names() const;

  // Paths with equal keys read the same. Names alone do not identify a field, since a field may be renamed.
  const std::string& key() const noexcept;

  struct Impl;
  explicit FieldPath(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace hoiku
