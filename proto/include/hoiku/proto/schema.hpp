// schema.hpp: the schema of a message type, known at run time only: from a serialised google.protobuf.FileDescriptorSet
// in which each file follows those that it imports.
//
// Promises   parse() accepts any bytes, and does bounded work for them. A schema is immutable and cheap to copy.
// JSON       Protobuf's JSON mapping, on one line, with field names as in the .proto file, which predicates use too.
//            Fields without presence of their own are shown also if they are zero, unless there are thousands, or a
//            message of proto2 is among them. Unknown fields are not shown.
// Limits     Limits::schema_bytes_max, schema_items_max (fields of the descriptors); 256 files; names of 255 bytes,
//            paths of 32 fields.
// Errors     too_large, invalid_argument (a fault of the files or the JSON, and its place), invalid_predicate (paths).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/field_path.hpp"
#include "hoiku/proto/limits.hpp"

namespace google::protobuf {
class Descriptor;
}

namespace [[gnu::visibility("default")]] hoiku {

class MessageSchema {
 public:
  static Result<MessageSchema> parse(std::string type_name, std::string files, const Limits& limits = {});
  // The schema of a compiled message type: its file, and the files that it imports.
  static MessageSchema of(const google::protobuf::Descriptor& descriptor);

  const std::string& type_name() const noexcept;
  const std::string& files() const noexcept;
  std::size_t memory_bytes() const noexcept;  // approximately, before the first use of JSON

  Result<std::string> to_json(std::string_view message) const;
  // Serialises deterministically. Refuses JSON that is not an object, except for well-known types with another form:
  // "1.5s" is a google.protobuf.Duration.
  Result<std::string> from_json(std::string_view json) const;

  // Resolves the names of fields, outermost first. Refuses fields without a single value: repeated fields, maps,
  // groups, and messages as a whole.
  Result<FieldPath> path(const std::vector<std::string>& names) const;

  // Whether programs of both versions can read each other's messages. By Protobuf's rules fields may be added, removed
  // and renamed, and integers of one encoding may replace each other. A field number never changes its meaning, not
  // even that of a retired field, as far as `older` remembers it. Fields that could be set together, or never could,
  // stay so. Errors: type_mismatch.
  friend Result<void> check_compatible(const MessageSchema& older, const MessageSchema& newer);
  // A copy that also remembers the fields of the older one. Errors: as above.
  Result<MessageSchema> replacing(const MessageSchema& older) const;

  // Whether this schema has or remembers everything that the other one describes, under the same names.
  bool covers(const MessageSchema& other) const;

  struct Impl;

 private:
  explicit MessageSchema(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

Result<void> check_compatible(const MessageSchema& older, const MessageSchema& newer);

}  // namespace hoiku
