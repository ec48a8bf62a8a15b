// schema.hpp: what messages of one type look like, known at run time only: from a serialised google.protobuf.FileDescriptorSet
// in which each file stands behind those that it imports.
//
// Promises   parse() takes any bytes, and does bounded work for them; a schema is immutable and cheap to copy.
// JSON       as Protobuf maps it, on one line, with the fields' names as the .proto file has them (which are those of
//            predicates too). Fields without a presence of their own are shown also where they are zero, unless
//            there were thousands, or a message of proto2 is among them. Unknown fields are not.
// Limits     Limits::schema_bytes_max, schema_items_max (descriptors' fields); 256 files; names of 255 bytes, paths of 32.
// Errors     too_large, invalid_argument (what is wrong with the files or the JSON, and where), invalid_predicate (paths).
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

namespace hoiku {

class MessageSchema {
 public:
  static Result<MessageSchema> parse(std::string type_name, std::string files, const Limits& limits = {});
  // Of a message that is compiled in: its file, and those that it imports.
  static MessageSchema of(const google::protobuf::Descriptor& descriptor);

  const std::string& type_name() const noexcept;
  const std::string& files() const noexcept;
  std::size_t memory_bytes() const noexcept;  // about, while no JSON was asked for

  Result<std::string> to_json(std::string_view message) const;
  // Serialised deterministically. A number, text or null is no message, but where JSON has another form for a type of
  // Google's: "1.5s" is a google.protobuf.Duration.
  Result<std::string> from_json(std::string_view json) const;

  // What has no single value is refused: repeated fields, maps, groups, messages as a whole.
  Result<FieldPath> path(const std::vector<std::string>& names) const;

  // Whether programs of both can read each other's messages: by Protobuf's rules fields may come and go and be renamed, and
  // integers of one encoding become each other. A number never comes to mean something else: not of a field, nor
  // of a field that was there once, as far as `older` remembers; and fields that could be set together, or never could,
  // stay so. Errors: type_mismatch.
  friend Result<void> check_compatible(const MessageSchema& older, const MessageSchema& newer);
  // This one, which remembers what the older one had and knew. Errors: as above.
  Result<MessageSchema> replacing(const MessageSchema& older) const;

  // Whether this one knows, or remembers, all that the other one describes, under the same names.
  bool covers(const MessageSchema& other) const;

  struct Impl;

 private:
  explicit MessageSchema(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

Result<void> check_compatible(const MessageSchema& older, const MessageSchema& newer);

}  // namespace hoiku
