// proto_text.hpp: schemas for tests, written as short texts and built without protoc.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>
#include <string_view>

#include "hoiku/proto/schema.hpp"

namespace hoiku::test {

// A FileDescriptorSet of one file. Each line declares one thing; indentation is free:
//   syntax proto2
//   package NAME                       default: its
//   message Pose                       ends with the line `end`; messages may be nested
//   [optional|required|repeated] TYPE NAME NUMBER
//   map KEY VALUE NAME NUMBER
//   group TYPE NAME NUMBER
//   oneof ONEOF TYPE NAME NUMBER
//   enum Mode                          ends with `end`; its lines are NAME NUMBER
// Declared types begin with a capital letter.
std::string files_of(std::string_view text);
// The schema of its.`name`. Throws if the text is invalid.
MessageSchema schema_of(const std::string& name, std::string_view text);

// The same files, read by Protobuf.
class Reflected {
 public:
  explicit Reflected(const std::string& files);
  std::unique_ptr<google::protobuf::Message> message(const std::string& type_name);

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_{&pool_};
};

// The value of a field by Protobuf's reflection.
Value reflected_value(const google::protobuf::Message& message, const std::vector<std::string>& names);

// A schema that uses every feature.
extern const char* const everything;

}  // namespace hoiku::test
