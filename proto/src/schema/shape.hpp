// shape.hpp: what is kept of a schema: its messages' fields as plain structs, and the rooms that work on them.
//
// shape.cpp          looks things up in a shape, and says them in words
// schema.cpp         what the public header says
// paths.cpp          from the names of fields to a FieldPath
// descriptors.cpp    from a FileDescriptorSet to a shape; the only one that keeps nothing of what hostile bytes cost
// json.cpp           JSON, which needs Protobuf's descriptors again
// canonical.cpp      what the bytes of a message say, each thing once
// compatibility.cpp  what may become of a shape
// well_known.cpp     the types that Protobuf knows by name
// field_path.cpp     reads one field of a message's bytes
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "proto/src/wire/reader.hpp"

namespace google::protobuf {
class Descriptor;
class DescriptorPool;
class FieldDescriptor;
}  // namespace google::protobuf

namespace hoiku::schema {

enum class FieldType : std::uint8_t {
  boolean,
  int32,
  int64,
  uint32,
  uint64,
  sint32,
  sint64,
  fixed32,
  fixed64,
  sfixed32,
  sfixed64,
  float32,
  float64,
  string,
  bytes,
  enumeration,
  message,
  group
};

std::string_view to_string(FieldType type) noexcept;
wire::WireType wire_type_of(FieldType type) noexcept;

struct EnumShape {
  std::string name;
  std::map<std::string, std::int32_t, std::less<>> numbers;  // by name
  std::set<std::int32_t> all;                                // that have a name
};

struct FieldShape {
  std::string name;
  std::int32_t number = 0;
  FieldType type{};
  std::string type_name;  // of a message, group or enumeration
  bool is_repeated = false;
  bool is_map = false;  // of entries, which are messages of their own
  bool is_required = false;
  bool is_implicit = false;  // without presence: absent means zero
  bool is_closed = false;    // an enumeration that takes no number without a name
  int oneof = -1;            // which of its message's
  int rivals = -1;           // fields of one such number are never set together, in no version so far
};

struct MessageShape {
  std::string name;
  std::map<std::string, FieldShape, std::less<>> fields;  // by name
  std::vector<FieldShape> retired;                        // that were there once; of each number the newest first
  const FieldShape* find(std::int32_t number) const noexcept;
};

struct Shape {
  std::map<std::string, MessageShape, std::less<>> messages;  // all that the root leads to, and itself
  std::map<std::string, std::shared_ptr<const EnumShape>, std::less<>> enums;
  std::map<std::string, MessageShape, std::less<>> gone;  // messages that it once led to
  // What enumerations once named and do not name now, by theirs.
  std::map<std::string, std::set<std::pair<std::string, std::int32_t>>, std::less<>> retired_names;
  std::size_t memory_bytes() const;
};

// "repeated double", "map<string, its.Pose>", "required its.Mode".
std::string type_text(const FieldShape& field, const Shape& shape);
// A comma between each; of many the first ones, and an ellipsis.
std::string listed(const std::vector<std::string_view>& names);

// ---- descriptors.cpp

struct Pool {
  Pool();
  ~Pool();
  std::unique_ptr<google::protobuf::DescriptorPool> descriptors;
};
FieldType type_of(const google::protobuf::FieldDescriptor& field);
// All files, built. Errors: invalid_argument, too_large.
Result<std::unique_ptr<Pool>> build(const std::string& type_name, const std::string& files, const Limits& limits);
Shape shape_of(const Pool& pool, const std::string& type_name);

// ---- well_known.cpp
// The name of a type in it that is not what Protobuf defines under that name; empty: there is none.
std::string falsified_type(const Pool& pool);

// ---- canonical.cpp

struct Survey {
  std::string once;  // the message, with nothing said twice, and nothing unknown
  bool shows_zeros =
      false;  // fields that are zero can be shown: there are not too many, and none of which that would be untrue
  bool is_too_much = false;                                    // to be printed
  const google::protobuf::FieldDescriptor* group = nullptr;    // one that is in it
  const google::protobuf::FieldDescriptor* unnamed = nullptr;  // one with a number that is none of its enumeration
};
// Linear in the message. Nothing: the bytes are not such a message, or messages lie in one another deeper than 64.
std::optional<Survey> survey(const Pool& pool, const google::protobuf::Descriptor& type, std::string_view message);

// ---- json.cpp

Result<std::string> to_json(const Pool& pool, const std::string& type_name, std::string_view message);
Result<std::string> from_json(const Pool& pool, const std::string& type_name, std::string_view json);

// ---- compatibility.cpp

Result<void> check_compatible(const Shape& older, const Shape& newer);
void remember(const Shape& older, Shape& newer);
bool covers(const Shape& shape, const Shape& other);

}  // namespace hoiku::schema
