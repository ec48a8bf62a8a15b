// shape.hpp: a schema as plain structs, and the modules that work on them.
//
// shape.cpp          looks up fields of a shape and names their types
// schema.cpp         implements the public header
// paths.cpp          resolves the names of fields to a FieldPath
// descriptors.cpp    builds a shape from a FileDescriptorSet, and bounds what hostile bytes cost
// json.cpp           reads and writes JSON, which needs Protobuf's descriptors again
// canonical.cpp      validates a message and merges repeated occurrences
// compatibility.cpp  compares two versions of a shape, and remembers the fields of older ones
// well_known.cpp     finds redefinitions of the types that Protobuf knows by name
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
  std::set<std::int32_t> all;                                // numbers with a name
};

struct FieldShape {
  std::string name;
  std::int32_t number = 0;
  FieldType type{};
  std::string type_name;  // of a message, group or enumeration
  bool is_repeated = false;
  bool is_map = false;  // its entries are messages of type_name
  bool is_required = false;
  bool is_implicit = false;  // without presence: absent means zero
  bool is_closed = false;    // an enumeration that allows no number without a name
  int oneof = -1;            // index of the message's oneof; -1: in none
  int exclusive_group = -1;  // fields of one group were never set together, in any version so far; -1: in none
};

struct MessageShape {
  std::string name;
  std::map<std::string, FieldShape, std::less<>> fields;  // by name
  std::vector<FieldShape> retired;                        // of older versions; of each number the newest first
  const FieldShape* find(std::int32_t number) const noexcept;
};

struct Shape {
  std::map<std::string, MessageShape, std::less<>> messages;  // the root, and all that it leads to
  std::map<std::string, std::shared_ptr<const EnumShape>, std::less<>> enums;
  std::map<std::string, MessageShape, std::less<>> unreachable;  // messages that the root led to in older versions
  // Names and numbers that enumerations had in older versions, by the enumeration's name.
  std::map<std::string, std::set<std::pair<std::string, std::int32_t>>, std::less<>> retired_names;
  std::size_t memory_bytes() const;
};

// "repeated double", "map<string, its.Pose>", "required its.Mode".
std::string type_text(const FieldShape& field, const Shape& shape);
// The names, separated by commas; of many the first ones and "…".
std::string listed(const std::vector<std::string_view>& names);

// ---- descriptors.cpp

struct Pool {
  Pool();
  ~Pool();
  std::unique_ptr<google::protobuf::DescriptorPool> descriptors;
};
FieldType type_of(const google::protobuf::FieldDescriptor& field);
// Builds all files. Errors: invalid_argument, too_large.
Result<std::unique_ptr<Pool>> build(const std::string& type_name, const std::string& files, const Limits& limits);
Shape shape_of(const Pool& pool, const std::string& type_name);

// ---- well_known.cpp
// The name of a type that the pool defines in another way than Protobuf does. Empty if there is none.
std::string redefined_well_known_type(const Pool& pool);

// ---- canonical.cpp

struct CanonicalMessage {
  std::string bytes;                                         // without repeated occurrences and unknown fields
  bool shows_zeros = false;                                  // zeros may be printed: not too many, and none in proto2
  bool is_too_large = false;                                 // to be printed
  const google::protobuf::FieldDescriptor* group = nullptr;  // a group within it
  const google::protobuf::FieldDescriptor* unnamed =
      nullptr;  // a field with a number that its enumeration does not name
};
// Linear in the message. Empty if the bytes are not such a message, or messages are nested deeper than 64.
std::optional<CanonicalMessage> canonicalize(const Pool& pool, const google::protobuf::Descriptor& type,
                                             std::string_view message);

// ---- json.cpp

Result<std::string> to_json(const Pool& pool, const std::string& type_name, std::string_view message);
Result<std::string> from_json(const Pool& pool, const std::string& type_name, std::string_view json);

// ---- compatibility.cpp

Result<void> check_compatible(const Shape& older, const Shape& newer);
// Adds to `newer` the fields, messages and names that only `older` has or remembers.
void remember(const Shape& older, Shape& newer);
// Whether `shape` has or remembers all that `other` has.
bool covers(const Shape& shape, const Shape& other);

}  // namespace hoiku::schema
