// The sample frames, read with the descriptors of hoiku.proto: the encoder writes only fields of the file, and the
// samples leave none of them out. So a frame that is decoded and encoded to the same bytes has lost nothing.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "hoiku/proto/codec.hpp"
#include "tests/proto/codec/sample_frames.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku::proto {
namespace {

namespace pb = google::protobuf;
using Names = std::set<std::string>;

test::Reflected& protocol() {
  std::ifstream file(PROTOCOL_DESCRIPTORS, std::ios::binary);
  static test::Reflected reflected(std::string(std::istreambuf_iterator<char>(file), {}));
  return reflected;
}

void collect_written(const pb::Message& message, Names& names) {
  const pb::Reflection& reflection = *message.GetReflection();
  EXPECT_TRUE(reflection.GetUnknownFields(message).empty()) << message.GetTypeName();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    names.insert(field->full_name());
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collect_written(reflection.GetMessage(message, field), names);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      collect_written(reflection.GetRepeatedMessage(message, field, i), names);
    }
  }
}

void collect_described(const pb::Descriptor& message, Names& names) {
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    if (!names.insert(field.full_name()).second) continue;  // a predicate has children of its own kind
    if (field.message_type() != nullptr) collect_described(*field.message_type(), names);
  }
}

// Collects the names of the fields in `bytes`, and those of all fields that such a message can have.
void collect(const std::string& message_name, const std::string& bytes, Names& written, Names& described) {
  const std::unique_ptr<pb::Message> message = protocol().message("hoiku.v1." + message_name);
  ASSERT_TRUE(message->ParseFromString(bytes)) << message_name;
  collect_written(*message, written);
  collect_described(*message->GetDescriptor(), described);
}

TEST(ProtocolFields, TheSamplesUseEachOfThem) {
  Names written;
  Names described;
  for (const ClientFrame& frame : {samples::hello(), samples::commands()}) {
    collect("ClientFrame", encode(frame), written, described);
  }
  for (const ServerFrame& frame : {samples::welcome(), samples::fatal(), samples::batch()}) {
    collect("ServerFrame", encode(frame), written, described);
  }
  EXPECT_GT(described.size(), 100u);
  EXPECT_EQ(written, described);
}

}  // namespace
}  // namespace hoiku::proto
