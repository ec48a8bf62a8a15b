#include <gmock/gmock.h>

#include "hoiku/proto/schema.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku {
namespace {

using test::schema_of;
using testing::AllOf;
using testing::HasSubstr;

// Compares two versions of its.A, given as the lines of their fields.
Result<void> change(const std::string& before, const std::string& after, const std::string& others = "") {
  const auto text = [&](const std::string& fields) { return others + "\nmessage A\n" + fields + "\nend"; };
  return check_compatible(schema_of("A", text(before)), schema_of("A", text(after)));
}

void expect_allowed(const std::string& before, const std::string& after, const std::string& others = "") {
  const auto result = change(before, after, others);
  EXPECT_TRUE(result) << before << " -> " << after << ": " << (result ? "" : result.failure().message);
}

std::string why_not(const Result<void>& result) {
  if (result) return "";
  EXPECT_EQ(result.failure().code, ErrorCode::type_mismatch);
  EXPECT_LT(result.failure().message.size(), 600u);
  return result.failure().message;
}

TEST(SchemaCompatibility, FieldsComeAndGoAndAreRenamed) {
  expect_allowed("double x 1", "double x 1\n double y 2");
  expect_allowed("double x 1\n double y 2", "double x 1");
  expect_allowed("double x 1", "double left 1");
  expect_allowed("double x 1\n double y 2", "double y 1\n double x 2");
  expect_allowed("double x 1", "optional double x 1");
}

TEST(SchemaCompatibility, IntegersOfOneEncodingBecomeEachOther) {
  for (const char* from : {"int32", "int64", "uint32", "uint64", "bool", "Mode"}) {
    for (const char* to : {"int32", "int64", "uint32", "uint64", "bool", "Mode"}) {
      expect_allowed(std::string(from) + " x 1", std::string(to) + " x 1", "enum Mode\nIDLE 0\nend");
    }
  }
  expect_allowed("sint32 x 1", "sint64 x 1");
  expect_allowed("fixed32 x 1", "sfixed32 x 1");
  expect_allowed("fixed64 x 1", "sfixed64 x 1");
  expect_allowed("string x 1", "bytes x 1");
}

TEST(SchemaCompatibility, ANumberNeverMeansSomethingElse) {
  EXPECT_THAT(
      why_not(change("double x 1", "string name 1")),
      AllOf(HasSubstr("'its.A'"), HasSubstr("field 1, 'name', was 'x' of type 'double' and is of type 'string' now"),
            HasSubstr("use a new field number")));
  const std::vector<std::string> types{"int32", "sint32", "fixed32", "fixed64", "float", "double", "string", "Point"};
  for (const std::string& from : types) {
    for (const std::string& to : types) {
      if (from == to) continue;
      EXPECT_FALSE(change(from + " x 1", to + " x 1", "message Point\nend")) << from << " -> " << to;
    }
  }
}

TEST(SchemaCompatibility, MessagesAndEnumerationsStayTheSame) {
  EXPECT_THAT(why_not(change("B x 1", "C x 1", "message B\nend\nmessage C\nend")), HasSubstr("its.C"));
  EXPECT_THAT(why_not(change("B x 1", "C x 1", "enum B\nB0 0\nend\nenum C\nC0 0\nend")), HasSubstr("its.B"));
}

TEST(SchemaCompatibility, OnlyWhatIsNeverPackedMayBecomeManyOrOne) {
  expect_allowed("string x 1", "repeated string x 1");
  expect_allowed("repeated B x 1", "B x 1", "message B\nend");
  EXPECT_THAT(why_not(change("int32 x 1", "repeated int32 x 1")), HasSubstr("repeated int32"));
  EXPECT_FALSE(change("repeated double x 1", "double x 1"));
}

TEST(SchemaCompatibility, MapsStayMapsOfTheSame) {
  expect_allowed("map string int32 tags 1", "map string int64 labels 1");
  EXPECT_FALSE(change("map string int32 tags 1", "map string double tags 1"));
  EXPECT_FALSE(change("map string int32 tags 1", "map string double labels 1"));
  EXPECT_FALSE(change("map string int32 tags 1", "map int32 int32 labels 1"));
  EXPECT_THAT(why_not(change("map string int32 tags 1", "string tags 1")), HasSubstr("map<string, int32>"));
}

TEST(SchemaCompatibility, OneofsKeepTheirMembers) {
  expect_allowed("int32 x 1", "oneof o int32 x 1\n oneof o string y 2");
  expect_allowed("oneof o int32 x 1", "int32 x 1");
  expect_allowed("oneof o int32 x 1\n oneof o int32 y 2", "oneof other int32 x 1\n oneof other int32 y 2");
  EXPECT_THAT(why_not(change("int32 x 1\n int32 y 2", "oneof o int32 x 1\n oneof o int32 y 2")),
              HasSubstr("into a oneof"));
  EXPECT_THAT(why_not(change("oneof o int32 x 1\n int32 y 2", "oneof o int32 x 1\n oneof o int32 y 2")),
              HasSubstr("into a oneof"));
  EXPECT_THAT(why_not(change("oneof o int32 x 1\n oneof o int32 y 2", "oneof o int32 x 1\n int32 y 2")),
              HasSubstr("out of a oneof"));
}

TEST(SchemaCompatibility, WhatIsRequiredStaysSo) {
  const auto proto2 = [](const std::string& fields) {
    return schema_of("A", "syntax proto2\nmessage A\n" + fields + "\nend");
  };
  const MessageSchema with = proto2("required int32 x 1\n optional int32 y 2");
  const MessageSchema without = proto2("optional int32 y 2");
  EXPECT_THAT(why_not(check_compatible(with, without)), HasSubstr("keep it"));
  EXPECT_THAT(why_not(check_compatible(without, with)), HasSubstr("make it optional"));
  EXPECT_FALSE(check_compatible(with, proto2("optional int32 x 1\n optional int32 y 2")));
}

TEST(SchemaCompatibility, GoesThroughAllMessagesThatAreUsed) {
  const auto with = [](const std::string& type) {
    return schema_of("A",
                     "message A\n B b 1\nend\nmessage B\n C c 1\nend\nmessage C\n A back 1\n " + type + " x 2\nend");
  };
  EXPECT_TRUE(check_compatible(with("int32"), with("int64")));
  EXPECT_THAT(why_not(check_compatible(with("int32"), with("double"))), HasSubstr("'its.C'"));
}

TEST(SchemaCompatibility, IsOfOneType) {
  EXPECT_FALSE(check_compatible(schema_of("A", "message A\nend"), schema_of("B", "message B\nend")));
}

// ---- over more than two versions

TEST(SchemaHistory, ANumberThatIsGoneKeepsItsMeaning) {
  const MessageSchema first = schema_of("A", "message A\n double x 1\n int32 y 2\nend");
  const MessageSchema second = *schema_of("A", "message A\n int32 y 2\nend").replacing(first);
  EXPECT_TRUE(check_compatible(second, schema_of("A", "message A\n double again 1\nend")));
  const MessageSchema third = *schema_of("A", "message A\nend").replacing(second);
  const auto wrong = schema_of("A", "message A\n string x 1\nend").replacing(third);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.failure().message, AllOf(HasSubstr("was of type 'double'"), HasSubstr("'string'")));
  EXPECT_TRUE(schema_of("A", "message A\n bool y 2\nend").replacing(third));
}

TEST(SchemaHistory, AMessageThatIsGoneKeepsItsFields) {
  const std::string point = "\nmessage Point\n double x 1\nend";
  const MessageSchema first = schema_of("A", "message A\n Point at 1\nend" + point);
  const MessageSchema second = *schema_of("A", "message A\nend").replacing(first);
  const MessageSchema third = *schema_of("A", "message A\n bool flag 7\nend").replacing(second);
  EXPECT_TRUE(schema_of("A", "message A\n Point at 2\nend" + point).replacing(third));
  EXPECT_FALSE(schema_of("A", "message A\n Point at 2\nend\nmessage Point\n string x 1\nend").replacing(third));
  EXPECT_GT(third.memory_bytes(), schema_of("A", "message A\n bool flag 7\nend").memory_bytes());
}

// Replaces each version by the next one, as a broker does.
MessageSchema history(const std::vector<std::string>& texts) {
  MessageSchema newest = schema_of("A", texts.front());
  for (std::size_t i = 1; i < texts.size(); ++i) {
    const MessageSchema next = schema_of("A", texts[i]);
    EXPECT_FALSE(newest.covers(next)) << texts[i];
    newest = *next.replacing(newest);
  }
  return newest;
}

TEST(SchemaHistory, AnOldDefinitionSaysNothingNewWhenItsFieldsAreGone) {
  const std::string x = "message A\n double x 1\nend";
  const std::string xz = "message A\n double x 1\n double z 3\nend";
  const MessageSchema newest = history({x, "message A\n double y 2\nend"});
  EXPECT_TRUE(newest.covers(schema_of("A", x)));
  EXPECT_TRUE(newest.covers(schema_of("A", "message A\n double x 1\n double y 2\nend")));
  EXPECT_FALSE(newest.covers(schema_of("A", xz)));
  EXPECT_FALSE(newest.covers(schema_of("A", "message A\n double again 1\nend")));
}

TEST(SchemaHistory, AnOldDefinitionSaysNothingNewWhenItsFieldsAreCalledOrEncodedOtherwise) {
  const std::string x = "message A\n int32 x 1\nend";
  const std::string left = "message A\n int32 left 1\nend";
  const MessageSchema newest = history({x, left, "message A\n int64 left 1\n double y 2\nend"});
  EXPECT_TRUE(newest.covers(schema_of("A", x)));
  EXPECT_TRUE(newest.covers(schema_of("A", left)));
  EXPECT_FALSE(newest.covers(schema_of("A", "message A\n int64 x 1\nend")));
  // A new field is compared with the newest meaning of its number, however long the number's history is.
  const MessageSchema gone = history({x, left, "message A\n int64 left 1\nend", "message A\n bool flag 7\nend"});
  const auto wrong = schema_of("A", "message A\n string x 1\nend").replacing(gone);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.failure().message, HasSubstr("was 'left' of type 'int64'"));
}

TEST(SchemaHistory, AnOldDefinitionSaysNothingNewWhenItsTypesAreGone) {
  const std::string old = "message A\n Point at 1\n Mode mode 2\nend\nmessage Point\n double x 1\nend\n";
  const std::string modes = "enum Mode\nIDLE 0\nDRIVING 1\nend";
  const MessageSchema newest = history({old + modes, "message A\n bool flag 7\nend", "message A\n bool on 8\nend"});
  EXPECT_TRUE(newest.covers(schema_of("A", old + modes)));
  EXPECT_FALSE(newest.covers(schema_of("A", old + "enum Mode\nIDLE 0\nPARKED 1\nend")));
}

TEST(SchemaHistory, AnOldDefinitionSaysNothingNewWhenItsEnumerationNamesOthers) {
  const auto with = [](const std::string& names) {
    return "message A\n Mode mode 1\nend\nenum Mode\n" + names + "\nend";
  };
  const MessageSchema newest = history({with("IDLE 0\nDRIVING 1"), with("IDLE 0\nMOVING 1"), with("IDLE 0\nMOVING 2")});
  EXPECT_TRUE(newest.covers(schema_of("A", with("IDLE 0\nDRIVING 1"))));
  EXPECT_TRUE(newest.covers(schema_of("A", with("IDLE 0\nMOVING 1"))));
  EXPECT_FALSE(newest.covers(schema_of("A", with("IDLE 0\nDRIVING 2"))));
  EXPECT_GT(newest.memory_bytes(), schema_of("A", with("IDLE 0\nMOVING 2")).memory_bytes() + 2 * sizeof("DRIVING"));
}

TEST(SchemaHistory, AOneofKeepsItsMembersOverADetour) {
  const auto message = [](const std::string& fields) { return "message A\n" + fields + "\nend"; };
  const auto why = [&](const std::vector<std::string>& before, const std::string& after) {
    std::vector<std::string> texts;
    for (const std::string& fields : before) texts.push_back(message(fields));
    return why_not(check_compatible(history(texts), schema_of("A", message(after))));
  };
  const std::string ab = "oneof o int32 a 1\n oneof o int32 b 2";
  const std::string a = "oneof o int32 a 1\n int32 c 3";
  EXPECT_THAT(why({ab, a}, "oneof o int32 a 1\n int32 b 2"), HasSubstr("out of a oneof"));
  EXPECT_EQ(why({ab, a}, ab), "");
  // Refused: fields that could be set together move into a oneof.
  EXPECT_THAT(why({"int32 a 1\n int32 b 2", "int32 a 1\n int32 c 3"}, ab), HasSubstr("into a oneof"));
  // Another oneof has the number meanwhile.
  const std::string second = "oneof first int32 z 9\n oneof o int32 a 1";
  EXPECT_THAT(why({ab, second}, "oneof first int32 z 9\n oneof first int32 b 2"), HasSubstr("into a oneof"));
  EXPECT_EQ(why({ab, second}, "oneof first int32 z 9\n" + ab), "");
  // Allowed: the remaining field has left the oneof too, or both were removed.
  for (const std::string between : {"int32 a 1\n int32 c 3", "int32 c 3"}) {
    EXPECT_THAT(why({ab, between}, "int32 a 1\n int32 b 2"), HasSubstr("out of a oneof"));
    EXPECT_THAT(why({ab, between, "int32 d 4"}, "int32 a 1\n oneof o int32 b 2"), HasSubstr("out of a oneof"));
    EXPECT_EQ(why({ab, between}, ab), "");
  }
}

}  // namespace
}  // namespace hoiku
