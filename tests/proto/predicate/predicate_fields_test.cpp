// Predicates over the fields of messages.
#include <gmock/gmock.h>

#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/schema.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const MessageSchema& schema() {
  static const MessageSchema made = test::schema_of("All", test::everything);
  return made;
}

Value message(const std::string& json) {
  const auto bytes = schema().from_json(json);
  EXPECT_TRUE(bytes) << (bytes ? "" : bytes.failure().message);
  return Value(MessageBytes{"its.All", bytes ? *bytes : ""});
}

Result<Predicate> resolved(std::string_view text) {
  return Predicate::parse(text)->resolved_for(ValueType::message, &schema());
}

bool holds(std::string_view text, const std::string& json, const std::string& old_json = "") {
  const auto predicate = resolved(text);
  EXPECT_TRUE(predicate) << text << ": " << (predicate ? "" : predicate.failure().message);
  return predicate && predicate->test(message(json), old_json.empty() ? Value() : message(old_json), Quality::live);
}

void expect_refused(std::string_view text, ErrorCode code, const testing::Matcher<std::string>& matcher) {
  const auto predicate = resolved(text);
  ASSERT_FALSE(predicate) << text;
  EXPECT_EQ(predicate.failure().code, code) << predicate.failure().message;
  EXPECT_THAT(predicate.failure().message, matcher) << text;
}

TEST(PredicateFields, AreComparedAsWhatTheyAre) {
  EXPECT_TRUE(holds("value.where.x > 3", R"({"where":{"x":3.5}})"));
  EXPECT_FALSE(holds("value.where.x > 3", R"({"where":{"x":3}})"));
  EXPECT_TRUE(holds("value.text == \"42\"", R"({"text":"42"})"));
  EXPECT_TRUE(holds("value.flag == true && value.i32 != 0", R"({"flag":true,"i32":-1})"));
  EXPECT_TRUE(holds("value.raw == bytes(00ff)", R"({"raw":"AP8="})"));
  EXPECT_TRUE(holds("value.i64 == 9007199254740993", R"({"i64":"9007199254740993"})"));
  EXPECT_TRUE(holds("value.u64 > 9223372036854775807", R"({"u64":"9223372036854775808"})"));
  EXPECT_TRUE(holds("3 < value.i32", R"({"i32":4})"));
  EXPECT_TRUE(holds("value.i32 > 2.5", R"({"i32":3})"));
}

TEST(PredicateFields, AreComparedWithEachOtherAndWithOldOnes) {
  EXPECT_TRUE(holds("value.where.x > old_value.where.x", R"({"where":{"x":2}})", R"({"where":{"x":1}})"));
  EXPECT_TRUE(holds("abs(value.where.x - old_value.where.x) > 0.5", R"({"where":{"x":2}})", R"({"where":{"x":1}})"));
  EXPECT_FALSE(holds("abs(value.i32 - old_value.i32) > 0.5", R"({"i32":1})", R"({"i32":1})"));
  EXPECT_TRUE(holds("abs(value.i32) > 3", R"({"i32":-4})"));
  EXPECT_TRUE(holds("value.i32 < value.twice", R"({"i32":1,"twice":1.5})"));
  EXPECT_TRUE(holds("value.where.x > 1 && old_value.mode == IDLE", R"({"where":{"x":2}})", R"({"mode":"IDLE"})"));
  EXPECT_FALSE(holds("old_value.mode == IDLE", "{}"));
}

TEST(PredicateFields, AnEnumerationIsWrittenByItsNamesOrItsNumbers) {
  EXPECT_TRUE(holds("value.mode == ACTIVE", R"({"mode":"ACTIVE"})"));
  EXPECT_TRUE(holds("value.mode == 'RUNNING'", R"({"mode":"ACTIVE"})"));  // two names of one number
  EXPECT_TRUE(holds("value.mode == 1", R"({"mode":"ACTIVE"})"));
  EXPECT_TRUE(holds("value.mode == 77", R"({"mode":77})"));
  EXPECT_TRUE(holds("value.mode < IDLE", R"({"mode":"LOST"})"));
  EXPECT_TRUE(holds("value.mode != value.inner.mode", R"({"mode":"LOST","inner":{}})"));
  expect_refused("value.mode == FLYING", ErrorCode::type_mismatch,
                 HasSubstr("'FLYING' is not a value of its.Mode; expected one of ACTIVE, IDLE, LOST, RUNNING"));
}

// A name is resolved with its field: before that, nobody knows whether the field is an enumeration.
TEST(PredicateFields, ANameIsEqualToNothingBeforeItsFieldIsKnown) {
  const Predicate walking = *Predicate::parse("value.mode == ACTIVE");
  EXPECT_FALSE(walking.test(message(R"({"mode":"ACTIVE"})"), Value(), Quality::live));
  EXPECT_TRUE(walking.resolved_for(ValueType::null));
  EXPECT_FALSE(walking.resolved_for(ValueType::null)->test(Value("ACTIVE"), Value(), Quality::live));
}

TEST(PredicateFields, WhatIsAbsentMatchesNothingUnlessItIsZero) {
  EXPECT_TRUE(holds("value.i32 == 0", "{}"));
  EXPECT_FALSE(holds("value.maybe == 0", "{}"));
  EXPECT_FALSE(holds("value.maybe != 0", "{}"));
  EXPECT_FALSE(holds("value.where.x == 0", "{}"));
  EXPECT_TRUE(holds("!(value.where.x == 0)", "{}"));
}

TEST(PredicateFields, AreCheckedBeforeTheyAreAsked) {
  expect_refused("value.nope > 3", ErrorCode::invalid_predicate,
                 AllOf(HasSubstr("its.All has no field 'nope'"), HasSubstr("flag, i32")));
  expect_refused("value.many == 3", ErrorCode::invalid_predicate, HasSubstr("repeated int32"));
  expect_refused("value.tags == 3", ErrorCode::invalid_predicate, HasSubstr("map<string, int32>"));
  expect_refused("value.where == 3", ErrorCode::invalid_predicate, HasSubstr("name one of its fields"));
  expect_refused("value.i32 == word", ErrorCode::invalid_predicate, HasSubstr("'word' has to be in quotes"));
  expect_refused("value.text == word", ErrorCode::invalid_predicate, HasSubstr("'word' has to be in quotes"));
  expect_refused("value.text == 42", ErrorCode::type_mismatch, HasSubstr("put '42' in quotes"));
  expect_refused("value.i32 == 'word'", ErrorCode::type_mismatch, HasSubstr("it compares an int64 with a string"));
  expect_refused("value.flag < old_value.flag", ErrorCode::invalid_predicate, HasSubstr("bool"));
  expect_refused("value.text == value.i32", ErrorCode::invalid_predicate,
                 HasSubstr("'value.i32' is an int64 and 'value.text' is a string"));
  expect_refused("value == value.i32", ErrorCode::invalid_predicate, HasSubstr("message"));
  expect_refused("abs(value.text) > 3", ErrorCode::invalid_predicate, HasSubstr("string"));
}

TEST(PredicateFields, NeedAMessageAndItsSchema) {
  const Predicate predicate = *Predicate::parse("value.where.x > 3");
  EXPECT_EQ(predicate.fields(), 1u);
  EXPECT_EQ(Predicate::parse("value > 3")->fields(), 0u);
  EXPECT_EQ(Predicate::parse("value.a > 3 && abs(value.b - old_value.b) > 1")->fields(), 3u);
  const auto unknown = predicate.resolved_for(ValueType::message);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.failure().code, ErrorCode::invalid_predicate);
  EXPECT_THAT(unknown.failure().message, AllOf(HasSubstr("value.where.x"), HasSubstr("register")));
  EXPECT_FALSE(predicate.resolved_for(ValueType::int64, &schema()));
  EXPECT_FALSE(
      predicate.test(message(R"({"where":{"x":4}})"), Value(), Quality::live));  // before that it is true of nothing
}

TEST(PredicateFields, OnceResolvedAreAskedOfMessagesOfTheirTypeOnly) {
  const Predicate predicate = *resolved("value.i32 == 0");
  EXPECT_TRUE(predicate.test(message("{}"), Value(), Quality::live));
  EXPECT_FALSE(predicate.test(Value(MessageBytes{"its.Other", ""}), Value(), Quality::live));
  EXPECT_FALSE(predicate.test(Value(MessageBytes{"its.All", "\xff"}), Value(), Quality::live));
  EXPECT_FALSE(predicate.test(Value(0), Value(), Quality::live));
  EXPECT_FALSE(predicate.test(Value(), Value(), Quality::live));
}

TEST(PredicateFields, EqualOnesAreOne) {
  EXPECT_EQ(resolved("value.where.x > 3")->key(), resolved("3.0 < value.where.x")->key());
  EXPECT_EQ(resolved("value.mode == ACTIVE")->key(), resolved("value.mode == 'RUNNING'")->key());
  EXPECT_EQ(resolved("abs(value.i32 - old_value.i32) > 1")->key(),
            resolved("abs(old_value.i32 - value.i32) > 1")->key());
  const Predicate once = *resolved("value.mode == ACTIVE && value.text == '3'");
  EXPECT_EQ(once.resolved_for(ValueType::message, &schema())->key(), once.key());
}

TEST(PredicateFields, AnotherFieldOfTheSameNameIsAnother) {
  const MessageSchema now = test::schema_of("P", "message P\n double x 1\n double y 2\nend");
  const MessageSchema renamed = test::schema_of("P", "message P\n double y 1\n double x 2\nend");
  const Predicate text = *Predicate::parse("value.x > 3");
  const Predicate before = *text.resolved_for(ValueType::message, &now);
  const Predicate after = *text.resolved_for(ValueType::message, &renamed);
  EXPECT_NE(before.key(), after.key());
  const Value value(MessageBytes{"its.P", *now.from_json(R"({"x":4})")});
  EXPECT_TRUE(before.test(value, Value(), Quality::live));
  EXPECT_FALSE(after.test(value, Value(), Quality::live));
}

TEST(PredicateFields, KeepWhatWasWrittenOnTheWay) {
  const Predicate text = *Predicate::parse("value.where.x > 3");
  EXPECT_EQ(text.key(), "value.where.x > 3");
  EXPECT_FALSE(Predicate::parse(resolved("value.where.x > 3")->key()));
}

}  // namespace
}  // namespace hoiku
