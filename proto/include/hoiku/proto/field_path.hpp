// field_path.hpp: one field of a Protobuf message, read out of its bytes: value.pose.x, without the message being parsed.
//
// Integers, bools, floating point, texts, bytes, and enumerations, which are their numbers. Of uint64 all values are told
// apart; as a Value those that no int64 can say are doubles.
// Absent     what has no presence of its own (as in proto3) is then its zero; anything else is null, and so is every field
//            of a message that is absent. Of several occurrences the last one counts, as Protobuf merges them, and a later
//            member of a oneof clears the others.
// Promises   immutable and cheap to copy; read() allocates nothing, and costs one look at each field beside the path, however
//            large that is. Bytes that are malformed where it has to look, give null.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "hoiku/proto/value.hpp"

namespace hoiku {

struct BytesView {
  std::string_view data;
  friend bool operator==(const BytesView&, const BytesView&) = default;
};

// What a field holds, for as long as the message's bytes live. Nothing: null.
using FieldContent =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view, BytesView>;

class FieldPath {
 public:
  static constexpr std::size_t fields_max = 32;

  FieldContent read(std::string_view message) const noexcept;
  Value value(std::string_view message) const;

  // boolean, int64, float64, string or bytes.
  ValueType type() const noexcept;
  const std::string& message_type() const noexcept;  // of the messages that it reads

  // Of an enumeration: its name, or empty; the number behind one of its names; and its names, for error messages.
  const std::string& enum_name() const noexcept;
  std::optional<std::int32_t> enum_number(std::string_view name) const;
  std::string enum_names() const;

  // Where keys are equal, what is read is the same: names alone do not say that, as a field may be renamed.
  const std::string& key() const noexcept;

  struct Impl;
  explicit FieldPath(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace hoiku
