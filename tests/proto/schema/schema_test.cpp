#include "hoiku/proto/schema.hpp"

#include <gmock/gmock.h>

#include "tests/proto/proto_text.hpp"

namespace hoiku {
namespace {

using test::everything;
using test::files_of;
using test::schema_of;
using testing::HasSubstr;
using testing::Not;

constexpr const char* pose = R"(
enum Mode
  IDLE 0
  DRIVING 1
end
message Point
  double x 1
  double y 2
end
message Pose
  Point position 1
  Mode mode 2
  string name 3
  repeated Point trail 4
  map string Point marks 5
  optional double speed 6
end
)";

void expect_refused(const std::string& type, const std::string& files, ErrorCode code, const std::string& part,
                    const Limits& limits = {}) {
  const auto schema = MessageSchema::parse(type, files, limits);
  ASSERT_FALSE(schema);
  EXPECT_EQ(schema.failure().code, code) << schema.failure().message;
  EXPECT_THAT(schema.failure().message, HasSubstr(part));
  EXPECT_LT(schema.failure().message.size(), 600u);
}

// A field with a length.
std::string field(const std::string& tag, const std::string& contents) {
  std::string made = tag;
  for (std::size_t size = contents.size();; size >>= 7) {
    made += static_cast<char>((size & 0x7F) | (size > 0x7F ? 0x80 : 0));
    if (size <= 0x7F) return made + contents;
  }
}

std::string why_not(const MessageSchema& schema, const std::vector<std::string>& names) {
  const auto path = schema.path(names);
  if (path) return "";
  EXPECT_EQ(path.failure().code, ErrorCode::invalid_predicate);
  return path.failure().message;
}

// ---- files

TEST(Schema, KnowsItsTypeAndItsFiles) {
  const auto schema = MessageSchema::parse("its.Pose", files_of(pose));
  ASSERT_TRUE(schema) << schema.failure().message;
  EXPECT_EQ(schema->type_name(), "its.Pose");
  EXPECT_EQ(schema->files(), files_of(pose));
  EXPECT_GT(schema->memory_bytes(), files_of(pose).size());
}

TEST(Schema, RefusesWhatIsNoSetOfFiles) {
  expect_refused("its.Pose", "not a descriptor", ErrorCode::invalid_argument, "'its.Pose'");
  expect_refused("its.Pose", files_of(pose).substr(0, 40), ErrorCode::invalid_argument,
                 "not a valid FileDescriptorSet");
  expect_refused("its.Pose", "", ErrorCode::invalid_argument, "no file defines a message of that name");
}

TEST(Schema, RefusesATypeThatIsNotThere) {
  expect_refused("its.Nobody", files_of(pose), ErrorCode::invalid_argument, "'its.Nobody'");
  expect_refused("its.Mode", files_of(pose), ErrorCode::invalid_argument, "no file defines");
  expect_refused(std::string(100'000, 'x'), files_of(pose), ErrorCode::invalid_argument, "…");
}

TEST(Schema, RefusesDescriptorsThatMakeNoSense) {
  expect_refused("its.Pose", files_of("message Pose\n double x 0\nend"), ErrorCode::invalid_argument, "its.Pose.x");
  expect_refused("its.Pose", files_of("message Pose\n Nowhere x 1\nend"), ErrorCode::invalid_argument, "Nowhere");
  expect_refused("its.Pose", files_of("message Pose\n double x 1\n double y 1\nend"), ErrorCode::invalid_argument,
                 "its.Pose");
  expect_refused("its.Pose", files_of("message Pose\nend\nmessage Pose\nend"), ErrorCode::invalid_argument, "its.Pose");
  // The file "a" imports "b", which is missing.
  expect_refused("its.Pose",
                 std::string("\x0a\x06\x0a\x01"
                             "a\x1a\x01"
                             "b",
                             8),
                 ErrorCode::invalid_argument, "'a'");
}

TEST(Schema, ARefusalIsShortEvenWhereNoCharacterCanBePrinted) {
  const std::string unprintable(200, '\x01');
  const std::string message = field("\x22", field("\x0a", unprintable));
  expect_refused(unprintable, field("\x0a", field("\x0a", unprintable) + message), ErrorCode::invalid_argument,
                 "\\u0001…'");
}

// Map entries that belong to no map, and one that is a group: Protobuf would print them without end.
TEST(Schema, RefusesEntriesOfNoMap) {
  const std::string is_entry = field("\x3a", "\x38\x01");
  const auto file = [](const std::string& messages) { return field("\x0a", field("\x0a", "a") + messages); };
  expect_refused("E", file(field("\x22", field("\x0a", "E") + is_entry)), ErrorCode::invalid_argument, "map entry");
  const std::string group = field("\x12", field("\x0a", "e") + "\x18\x01\x20\x01\x28\x0a" + field("\x32", ".E"));
  expect_refused("E", file(field("\x22", field("\x0a", "E") + group + is_entry)), ErrorCode::invalid_argument,
                 "map entry");
  const std::string nested = field("\x1a", field("\x0a", "E") + is_entry);
  expect_refused("M", file(field("\x22", field("\x0a", "M") + nested)), ErrorCode::invalid_argument, "map entry");
}

TEST(Schema, RefusesLongNames) {
  const std::string name(256, 'x');
  for (const std::string& text :
       {"message Pose\n double " + name + " 1\nend", "enum M\n " + name + " 0\nend\nmessage Pose\nend",
        "enum M" + name + "\n A 0\nend\nmessage Pose\nend", "message Pose\nend\nmessage M" + name + "\nend"})
    expect_refused("its.Pose", files_of(text), ErrorCode::invalid_argument, "more than 255 bytes");
  EXPECT_TRUE(MessageSchema::parse("its.Pose", files_of("message Pose\n double " + name.substr(1) + " 1\nend")));
}

// Protobuf would log each string on standard error.
TEST(Schema, AStrangersNonsenseIsNoLineOfOurLog) {
  std::string files = files_of(pose);
  for (std::size_t at = 0; (at = files.find("position", at)) != std::string::npos;) files[at] = '\xff';
  ::testing::internal::CaptureStderr();
  (void)MessageSchema::parse("its.Pose", files);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Schema, IsBounded) {
  Limits limits;
  limits.schema_bytes_max = 100;
  expect_refused("its.Pose", files_of(pose), ErrorCode::too_large, "more than 100 bytes", limits);
  limits = Limits();
  limits.schema_items_max = 50;
  expect_refused("its.Pose", files_of(pose), ErrorCode::too_large, "descriptor fields", limits);
  // Empty files and empty messages take two bytes each.
  std::string many;
  for (int i = 0; i < 300; ++i) many += std::string("\x0a\x00", 2);
  expect_refused("its.Pose", many, ErrorCode::invalid_argument, "256 files");
  std::string deep;
  for (int i = 0; i < 60; ++i) deep = "\x1a" + std::string(1, static_cast<char>(deep.size())) + deep;
  EXPECT_FALSE(MessageSchema::parse("its.Pose", deep));
}

// ---- JSON

TEST(SchemaJson, ReadsWhatItWrites) {
  const MessageSchema schema = schema_of("Pose", pose);
  const auto bytes = schema.from_json(R"({"name": "robot", "position": {"y": 2, "x": 1.5}, "mode": "DRIVING",
                                          "trail": [{"x": 1}], "marks": {"b": {}, "a": {"y": 1}}})");
  ASSERT_TRUE(bytes) << bytes.failure().message;
  const auto json = schema.to_json(*bytes);
  ASSERT_TRUE(json) << json.failure().message;
  EXPECT_EQ(*json, R"({"position":{"x":1.5,"y":2},"mode":"DRIVING","name":"robot","trail":[{"x":1,"y":0}],)"
                   R"("marks":{"a":{"x":0,"y":1},"b":{"x":0,"y":0}}})");
  EXPECT_EQ(*schema.from_json(*json), *bytes);
}

TEST(SchemaJson, NamesTheFieldThatIsWrong) {
  const MessageSchema schema = schema_of("Pose", pose);
  for (const auto& [json, part] : {std::pair{R"({"position": {"x": "far"}})", "position.x"},
                                   {R"({"position": {"z": 1}})", "z"},
                                   {R"({"mode": "FLYING"})", "mode"},
                                   {R"({"name": 3})", "name"},
                                   {R"({"position": {)", "its.Pose"},
                                   {"42", "its.Pose"},
                                   {"", "its.Pose"}}) {
    const auto bytes = schema.from_json(json);
    ASSERT_FALSE(bytes) << json;
    EXPECT_EQ(bytes.failure().code, ErrorCode::invalid_argument);
    EXPECT_THAT(bytes.failure().message, HasSubstr(part)) << json;
    EXPECT_THAT(bytes.failure().message, Not(HasSubstr("\n")));
  }
}

TEST(SchemaJson, OfBytesThatAreNoMessageThereIsNone) {
  const auto json = schema_of("Pose", pose).to_json("\xff\xff");
  ASSERT_FALSE(json);
  EXPECT_THAT(json.failure().message, HasSubstr("not a valid 'its.Pose'"));
}

// Messages of two bytes with a thousand zeros.
TEST(SchemaJson, DoesNotGrowWithoutBound) {
  std::string text = "message A\n repeated A more 1\n";
  for (int i = 2; i < 1000; ++i) text += "int32 field" + std::to_string(i) + " " + std::to_string(i) + "\n";
  const MessageSchema schema = schema_of("A", text + "end");
  EXPECT_THAT(*schema.to_json(""), HasSubstr("\"field999\":0"));
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += std::string("\x0a\x00", 2);
  EXPECT_LT(schema.to_json(bytes)->size(), 100'000u);
}

// Protobuf's printer would repeat the last number without end.
TEST(SchemaJson, OfPackedNumbersThatAreCutOffThereIsNone) {
  const MessageSchema schema = schema_of("Numbers", "message Numbers\n repeated int32 n 1\n repeated double d 2\nend");
  EXPECT_EQ(*schema.to_json({"\x0a\x02\x01\x05", 4}), R"({"n":[1,5],"d":[]})");
  EXPECT_FALSE(schema.to_json({"\x0a\x02\x01\x80", 4}));
  EXPECT_FALSE(schema.to_json({"\x12\x03\x01\x02\x03", 5}));
}

// Protobuf's printer takes the fields of a group for fields of the message around it.
TEST(SchemaJson, HasNoFormForAGroup) {
  const MessageSchema schema =
      schema_of("Old", "syntax proto2\nmessage Old\n message Part\n end\n group Part part 1\nend");
  EXPECT_EQ(*schema.to_json(""), "{}");
  const auto json = schema.to_json("\x0b\x10\x01\x0c");
  ASSERT_FALSE(json);
  EXPECT_THAT(json.failure().message, HasSubstr("'its.Old.part' is a group"));
}

std::string any_of(const std::string& type, const std::string& value) {
  return field("\x0a", "type.googleapis.com/google.protobuf." + type) + field("\x12", value);
}

// The url of an Any; the same file also defines `others`.
MessageSchema any_schema(const std::string& others = "") {
  return *MessageSchema::parse(
      "google.protobuf.Any",
      files_of("package google.protobuf\nmessage Any\n string type_url 1\n bytes value 2\nend\n" + others));
}

// Protobuf's own reader takes -0 for an integer.
TEST(SchemaJson, ANegativeZeroKeepsItsSign) {
  const MessageSchema schema(*MessageSchema::parse(
      "its.P",
      files_of("package its\nmessage P\n double x 1\n string text 2\n repeated double many 3\n int32 n 4\nend")));
  const std::string json = R"({"x":-0,"text":"-0 \\\"-0","many":[-0,1],"n":-0})";
  const auto bytes = schema.from_json(json);
  ASSERT_TRUE(bytes) << bytes.failure().message;
  const std::string again = *schema.to_json(*bytes);
  EXPECT_EQ(again, R"({"x":-0,"text":"-0 \\\"-0","many":[-0,1],"n":0})");
  EXPECT_EQ(*schema.to_json(*schema.from_json(R"({"x":-1e-0})")), R"({"x":-1,"text":"","many":[],"n":0})");
}

TEST(SchemaJson, ShowsWhatAnAnyHasWhereItIsSound) {
  const MessageSchema schema = any_schema("message Box\n repeated int32 n 1\nend");
  EXPECT_EQ(*schema.to_json(any_of("Box", {"\x0a\x02\x01\x05", 4})),
            R"({"@type":"type.googleapis.com/google.protobuf.Box","n":[1,5]})");
  EXPECT_FALSE(schema.to_json(any_of("Box", {"\x0a\x02\x01\x80", 4})));
  EXPECT_FALSE(schema.to_json(any_of("Nobody", "x")));
  const MessageSchema counts = any_schema("message Count\n int32 n 1\nend");
  EXPECT_EQ(*counts.to_json(any_of("Count", {"\x08\x01\x08\x05", 4})),
            R"({"@type":"type.googleapis.com/google.protobuf.Count","n":5})");
}

// Protobuf's printer skips a url or value with the wrong encoding. Accepting it would validate another message than is
// shown.
TEST(SchemaJson, NoFieldHidesWhatAnAnyHas) {
  const MessageSchema schema = any_schema();
  const std::string one = any_of("Any", "");
  EXPECT_TRUE(schema.to_json(one));
  EXPECT_FALSE(schema.to_json(one + std::string("\x10\x00", 2)));
  EXPECT_FALSE(schema.to_json(one + std::string("\x08\x00", 2)));
  EXPECT_TRUE(schema.to_json(one + std::string("\x18\x00", 2)));
}

// Protobuf reads these types by its own definitions. With another one it would show something else, or never end.
TEST(SchemaJson, TypesThatProtobufKnowsByNameAreAsItDefinesThem) {
  const auto parsed = [](const std::string& type, const std::string& text) {
    return MessageSchema::parse("google.protobuf." + type, files_of("package google.protobuf\n" + text));
  };
  EXPECT_TRUE(parsed("Duration", "message Duration\n int64 seconds 1\n int32 nanos 2\nend"));
  EXPECT_TRUE(parsed("Box", "message Box\n int32 fields 1\nend"));
  for (const char* wrong :
       {"message Any\n string type_url 1\n int64 value 2\nend", "message Struct\n int32 fields 1\nend",
        "message Duration\n int64 seconds 1\nend", "message Int32Value\n repeated int32 value 1\nend",
        "message Timestamp\n int64 seconds 2\n int32 nanos 1\nend", "message ListValue\nend"}) {
    const std::string type = std::string(wrong).substr(8, std::string(wrong).find('\n') - 8);
    const auto schema = parsed(type, wrong);
    ASSERT_FALSE(schema) << wrong;
    EXPECT_THAT(schema.failure().message,
                HasSubstr("google.protobuf." + type + " differs from the type of that name in Protobuf"));
  }
}

// Protobuf copies the contents of each Any.
TEST(SchemaJson, OfAnysInOneAnotherThereAreNotTooMany) {
  const MessageSchema schema = any_schema();
  std::string deep;
  for (int i = 0; i < 60; ++i) deep = any_of("Any", deep);
  EXPECT_TRUE(schema.to_json(deep));
  for (int i = 0; i < 10; ++i) deep = any_of("Any", deep);
  EXPECT_FALSE(schema.to_json(deep));
}

TEST(SchemaJson, ARequiredFieldHasToBeThere) {
  const MessageSchema schema =
      schema_of("Order", "syntax proto2\nmessage Order\n required string what 1\n optional int32 n 2\nend");
  const auto bytes = schema.from_json(R"({"n": 2})");
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.failure().message, HasSubstr("missing field what"));
  EXPECT_EQ(*schema.to_json(*schema.from_json(R"({"what": "tea"})")), R"({"what":"tea"})");
}

// Protobuf allows repeated occurrences: the last one counts, and messages are merged.
TEST(SchemaJson, WhatBytesSayTwiceIsShownOnce) {
  const MessageSchema schema = schema_of("All", everything);
  const auto shown = [&](const std::string& bytes) {
    const auto json = schema.to_json(bytes);
    EXPECT_TRUE(json);
    EXPECT_EQ(*schema.to_json(*schema.from_json(*json)), *json);
    return *json;
  };
  const auto bytes = [&](const std::string& json) { return *schema.from_json(json); };
  EXPECT_EQ(shown(bytes(R"({"i32": 1})") + bytes(R"({"i32": 2})")), shown(bytes(R"({"i32": 2})")));
  EXPECT_EQ(shown(bytes(R"({"inner": {"i32": 1}})") + bytes(R"({"inner": {"text": "a"}})")),
            shown(bytes(R"({"inner": {"text": "a", "i32": 1}})")));
  EXPECT_EQ(shown(bytes(R"({"tags": {"a": 1, "b": 2}})") + bytes(R"({"tags": {"a": 3}})")),
            shown(bytes(R"({"tags": {"b": 2, "a": 3}})")));
  EXPECT_EQ(shown(bytes(R"({"tags": {"a": 1}})") + field("\x9a\x01", "\x10\x05")),
            shown(bytes(R"({"tags": {"a": 1, "": 5}})")));
  EXPECT_EQ(shown(bytes(R"({"many": [1]})") + bytes(R"({"many": [1]})")), shown(bytes(R"({"many": [1, 1]})")));
  EXPECT_EQ(shown(bytes(R"({"word": "a"})") + bytes(R"({"number": 5})")), shown(bytes(R"({"number": 5})")));
  // A message of a oneof starts from scratch after another member.
  EXPECT_EQ(shown(bytes(R"({"other": {"i32": 1}})") + bytes(R"({"number": 5})") + bytes(R"({"other": {"text": "a"}})")),
            shown(bytes(R"({"other": {"text": "a"}})")));
}

TEST(SchemaJson, AnEntryOfAMapHasAKeyAndAValueAlsoWhereTheBytesLeaveThemOut) {
  const MessageSchema schema = schema_of(
      "Maps",
      "enum Mode\n A 0\nend\nmessage Point\n double x 1\nend\nmessage Maps\n map string Point a 1\n map bool Mode b 2\n"
      " map fixed32 float c 3\n map sfixed64 double d 4\n map int32 bytes e 5\nend");
  EXPECT_EQ(*schema.to_json({"\x0a\x00\x12\x00\x1a\x00\x22\x00\x2a\x00", 10}),
            R"({"a":{"":{"x":0}},"b":{"false":"A"},"c":{"0":0},"d":{"0":0},"e":{"0":""}})");
}

// Programs ignore such a number, so it hides nothing.
TEST(SchemaJson, AnUnnamedNumberOfAnOldEnumerationStandsForNoOther) {
  const MessageSchema schema =
      schema_of("Old",
                "syntax proto2\nenum Mode\n A 0\n B 1\nend\nmessage Old\n optional Mode mode 1\n"
                " repeated Mode all 2\n map string Mode of 3\n oneof o Mode this 4\n oneof o int32 that 5\nend");
  EXPECT_EQ(*schema.to_json({"\x08\x01\x08\x07", 4}), R"({"mode":"B"})");
  EXPECT_EQ(*schema.to_json({"\x08\x07\x08\x01", 4}), R"({"mode":"B"})");
  EXPECT_EQ(*schema.to_json({"\x08\x07", 2}), R"({"mode":7})");
  EXPECT_EQ(*schema.to_json({"\x28\x05\x20\x07", 4}), R"({"that":5})");
  EXPECT_EQ(*schema.to_json({"\x20\x07\x28\x05", 4}), R"({"that":5})");
  EXPECT_EQ(*schema.to_json({"\x28\x05\x20\x01", 4}), R"({"this":"B"})");
  EXPECT_EQ(*schema.to_json({"\x10\x01\x10\x07\x10\x00", 6}), R"({"all":["B",7,"A"]})");
  const std::string known = field("\x1a", "\x0a\x01k\x10\x01");
  const std::string unknown = field("\x1a", "\x0a\x01k\x10\x07");
  EXPECT_EQ(*schema.to_json(known + unknown), R"({"of":{"k":"B"}})");
  EXPECT_EQ(*schema.to_json(unknown + known), R"({"of":{"k":"B"}})");
  EXPECT_EQ(*schema.to_json(unknown), "{}");
  for (const char* json : {R"({"mode": 7})", R"({"of": {"k": 7}})"}) {
    const auto made = schema.from_json(json);
    ASSERT_FALSE(made) << json;
    EXPECT_THAT(made.failure().message, HasSubstr("does not name"));
  }
}

TEST(SchemaJson, AListInSeveralPiecesIsOne) {
  const MessageSchema schema =
      schema_of("Old", "syntax proto2\nmessage Old\n repeated int32 n 1\n repeated double d 2\nend");
  EXPECT_EQ(*schema.to_json({"\x0a\x02\x01\x02\x08\x03\x0a\x01\x04", 9}), R"({"n":[1,2,3,4]})");
  EXPECT_EQ(*schema.to_json(field("\x12", std::string(8, '\0')) + std::string("\x11\0\0\0\0\0\0\xf0\x3f", 9)),
            R"({"d":[0,1]})");
  EXPECT_EQ(*schema.to_json(*schema.from_json(R"({"n": [1, 2]})")), R"({"n":[1,2]})");
}

TEST(SchemaJson, TypesWithAFormOfTheirOwnHaveNoZerosBeside) {
  const auto schema = [](const std::string& type, const std::string& text) {
    return *MessageSchema::parse("google.protobuf." + type, files_of("package google.protobuf\n" + text));
  };
  EXPECT_EQ(*schema("FloatValue", "message FloatValue\n float value 1\nend").to_json({"\x0d\0\0\xc0\x3f", 5}), "1.5");
  const MessageSchema mask = any_schema("message FieldMask\n repeated string paths 1\nend");
  EXPECT_EQ(*mask.to_json(any_of("FieldMask", field("\x0a", "x"))),
            R"({"@type":"type.googleapis.com/google.protobuf.FieldMask","value":"x"})");
}

TEST(SchemaJson, WhatIsAbsentInAMessageOfProto2IsNotShownAsItsDefault) {
  // A message of proto3 with a field whose type is of proto2.
  std::string files = files_of("syntax proto2\npackage old\nmessage Part\n optional int32 n 1\nend");
  files += field("\x0a", field("\x0a", "new.proto") + field("\x1a", "its.proto") + field("\x62", "proto3") +
                             field("\x22", field("\x0a", "Whole") +
                                               field("\x12", field("\x0a", "part") + "\x18\x01\x20\x01\x28\x0b" +
                                                                 field("\x32", ".old.Part"))));
  const auto schema = MessageSchema::parse("Whole", files);
  ASSERT_TRUE(schema) << schema.failure().message;
  EXPECT_EQ(*schema->to_json(field("\x0a", "")), R"({"part":{}})");
}

TEST(SchemaJson, WhatTakesThePrinterTooLongIsRefused) {
  std::string text = "enum E\n";
  for (int i = 0; i < 5'000; ++i) text += "E" + std::to_string(i) + " " + std::to_string(i) + "\n";
  const MessageSchema schema = schema_of("A", text + "end\nmessage A\n repeated E e 1\nend");
  EXPECT_TRUE(schema.to_json(field("\x0a", std::string(1'000, '\x01'))));
  const auto json = schema.to_json(field("\x0a", std::string(1'000'000, '\x01')));
  ASSERT_FALSE(json);
  EXPECT_EQ(json.failure().code, ErrorCode::too_large);
}

TEST(SchemaJson, AStrangersAnyIsNoLineOfOurLog) {
  const MessageSchema schema = any_schema("message Box\n Any any 1\nend");
  ::testing::internal::CaptureStderr();
  (void)schema.to_json(field("\x0a", "nowhere/\x1b[31m"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(SchemaJson, WhatIsUnknownIsNotShown) {
  const MessageSchema schema = *MessageSchema::parse(
      "google.protobuf.Box", files_of("package google.protobuf\nmessage Int32Value\n int32 value 1\nend\n"
                                      "message Box\n Int32Value n 1\nend"));
  EXPECT_EQ(*schema.to_json(field("\x0a", {"\x10\x05\x08\x02", 4})), R"({"n":2})");
  EXPECT_EQ(*schema.to_json(field("\x0a", {"\x0d\x05\x00\x00\x00", 5})), R"({"n":0})");
}

TEST(SchemaJson, WhatJsonSaysTwiceIsWrittenOnce) {
  const MessageSchema schema = schema_of("All", everything);
  EXPECT_EQ(*schema.from_json(R"({"tags": {"a": 1}, "i32": 1, "tags": {"a": 2}, "i32": 2})"),
            *schema.from_json(R"({"i32": 2, "tags": {"a": 2}})"));
}

TEST(SchemaJson, TheOrderOfAMapsKeysMakesNoOtherMessage) {
  const MessageSchema schema = schema_of("Maps", "message Maps\n map int32 string n 1\n map string int32 s 2\nend");
  EXPECT_EQ(*schema.from_json(R"({"s": {"b": 2, "a": 1}, "n": {"10": "x", "-2": "y", "9": "z"}})"),
            *schema.from_json(R"({"n": {"9": "z", "10": "x", "-2": "y"}, "s": {"a": 1, "b": 2}})"));
}

TEST(SchemaJson, NestsAsDeepAsProtobufLetsIt) {
  const MessageSchema schema = schema_of("All", everything);
  std::string json = "{}";
  for (int i = 0; i < 10'000; ++i) json = R"({"inner":)" + json + "}";
  EXPECT_FALSE(schema.from_json(json));
  json = "{}";
  for (int depth = 1; depth < 120; ++depth) {
    json = R"({"inner":)" + json + "}";
    const auto made = schema.from_json(json);
    EXPECT_TRUE(!made || schema.to_json(*made)) << depth;
  }
  std::string bytes;
  for (int i = 0; i < 90; ++i) bytes = field("\x8a\x01", bytes);
  (void)schema.to_json(bytes);  // either way, without a crash
}

// ---- paths

TEST(SchemaPath, FindsFieldsWithTheirTypes) {
  const MessageSchema schema = schema_of("All", everything);
  const auto type = [&](const std::string& name) { return schema.path({name})->type(); };
  EXPECT_EQ(type("flag"), ValueType::boolean);
  EXPECT_EQ(type("u64"), ValueType::int64);
  EXPECT_EQ(type("single"), ValueType::float64);
  EXPECT_EQ(type("text"), ValueType::string);
  EXPECT_EQ(type("raw"), ValueType::bytes);
  EXPECT_EQ(type("mode"), ValueType::int64);
  EXPECT_EQ(schema.path({"inner", "other", "where", "x"})->type(), ValueType::float64);
  EXPECT_EQ(schema.path({"flag"})->message_type(), "its.All");
}

TEST(SchemaPath, KnowsTheNamesOfAnEnumeration) {
  const FieldPath mode = *schema_of("All", everything).path({"mode"});
  EXPECT_EQ(mode.enum_name(), "its.Mode");
  EXPECT_EQ(mode.enum_number("RUNNING"), 1);
  EXPECT_EQ(mode.enum_number("LOST"), -2);
  EXPECT_EQ(mode.enum_number("running"), std::nullopt);
  EXPECT_EQ(mode.enum_names(), "ACTIVE, IDLE, LOST, RUNNING");
}

TEST(SchemaPath, RefusesWhatHasNoSingleValueAndSaysWhatThereIs) {
  const MessageSchema schema = schema_of("Pose", pose);
  EXPECT_THAT(why_not(schema, {"z"}), HasSubstr("its.Pose has no field 'z'; it has position, mode, name, trail"));
  EXPECT_THAT(why_not(schema, {"position", "z"}), HasSubstr("its.Point has no field 'z'; it has x, y"));
  EXPECT_THAT(why_not(schema, {"position"}),
              HasSubstr("'position' of its.Pose is a its.Point: name one of its fields"));
  EXPECT_THAT(why_not(schema, {"name", "x"}), HasSubstr("'name' of its.Pose is a string, and has no fields"));
  EXPECT_THAT(why_not(schema, {"trail", "x"}), HasSubstr("repeated its.Point"));
  EXPECT_THAT(why_not(schema, {"marks"}), HasSubstr("map<string, its.Point>"));
  EXPECT_THAT(why_not(schema, {}), HasSubstr("at least one field"));
  EXPECT_THAT(why_not(schema_of("All", everything), std::vector<std::string>(40, "inner")), HasSubstr("at most 32"));
  EXPECT_THAT(why_not(schema_of("Empty", "message Empty\nend"), {"x"}), HasSubstr("no fields at all"));
}

TEST(SchemaPath, EqualKeysMeanEqualFields) {
  const MessageSchema now = schema_of("Point", "message Point\n double x 1\n double y 2\nend");
  const MessageSchema renamed = schema_of("Point", "message Point\n double y 1\n double x 2\nend");
  EXPECT_EQ(now.path({"x"})->key(), now.path({"x"})->key());
  EXPECT_NE(now.path({"x"})->key(), now.path({"y"})->key());
  EXPECT_NE(now.path({"x"})->key(), renamed.path({"x"})->key());
}

}  // namespace
}  // namespace hoiku
