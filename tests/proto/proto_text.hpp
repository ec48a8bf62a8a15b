// proto_text.hpp: schemas for tests, as short texts: what protoc would make of a .proto file, without protoc.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>
#include <string_view>

#include "hoiku/proto/schema.hpp"

namespace hoiku::test {

// A FileDescriptorSet of one file. A line is one thing, indented as one likes:
//   syntax proto2
//   package NAME                       otherwise `its`
//   message Pose                       and `end` behind its last line; messages stand in one another
//   [optional|required|repeated] TYPE NAME NUMBER
//   map KEY VALUE NAME NUMBER
//   group TYPE NAME NUMBER
//   oneof ONEOF TYPE NAME NUMBER
//   enum Mode                          likewise; within it NAME NUMBER
// Types of its own have a capital letter first.
std::string files_of(std::string_view text);
// The schema of its.`name`; throws where that is none.
MessageSchema schema_of(const std::string& name, std::string_view text);

// The same files in Protobuf's hands.
class Reflected {
 public:
  explicit Reflected(const std::string& files);
  std::unique_ptr<google::protobuf::Message> message(const std::string& type_name);

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_{&pool_};
};

// What Protobuf itself says about a field.
Value reflected_value(const google::protobuf::Message& message, const std::vector<std::string>& names);

// A schema with all that there is.
extern const char* const everything;

}  // namespace hoiku::test
