#include "hoiku/proto/predicate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/proto/predicate/refusal.hpp"

namespace hoiku {
namespace {

using test::expect_refused;

constexpr auto int64_max = std::numeric_limits<std::int64_t>::max();
constexpr auto int64_min = std::numeric_limits<std::int64_t>::min();
const double nan = std::nan("");

Predicate parsed(std::string_view text) {
  auto result = Predicate::parse(text);
  EXPECT_TRUE(result) << text << ": " << (result ? "" : result.failure().message);
  return result ? *result : Predicate::compare(Predicate::Op::equal, Value());
}

std::string key(std::string_view text) { return parsed(text).key(); }

bool holds(std::string_view text, const Value& value, const Value& old_value = {}) {
  return parsed(text).test(value, old_value, Quality::live);
}

// ---- grammar -------------------------------------------------------------------------------------------------------

TEST(PredicateGrammar, KnowsEveryForm) {
  EXPECT_EQ(key("value>3"), "value > 3");
  EXPECT_EQ(key(" value  ==  true "), "value == true");
  EXPECT_EQ(key("value != \"so sad\""), "value != \"so sad\"");
  EXPECT_EQ(key("value == 'so \"sad\"'"), R"(value == "so \"sad\"")");
  EXPECT_EQ(key("value.pose.x <= -0.5"), "value.pose.x <= -0.5");
  EXPECT_EQ(key("value > old_value"), "value > old_value");
  EXPECT_EQ(key("abs(value-old_value)>=1e-3"), "abs(value - old_value) >= 1e-3");
  EXPECT_EQ(key("abs(value - -3) < 1"), "abs(value - -3) < 1");
  EXPECT_EQ(key("abs( abs(value) - 5 ) < 1"), "abs(abs(value) - 5) < 1");
  EXPECT_EQ(key("!(value == 1)"), "!(value == 1)");
  EXPECT_EQ(key("! value == 1"), "!(value == 1)");
  EXPECT_EQ(key("value != nan || value < -inf"), "value != nan || value < -inf");
  EXPECT_EQ(key("WALKING == value.mode"), "value.mode == WALKING");
}

TEST(PredicateGrammar, LiteralsMayStateTheirType) {
  EXPECT_EQ(key("value == double(nan)"), "value == double(nan)");
  EXPECT_EQ(key("value < double(-inf)"), "value < double(-inf)");
  EXPECT_EQ(key("value == bytes(00FF)"), "value == bytes(00ff)");
  EXPECT_EQ(key("value == bytes()"), "value == bytes()");
  EXPECT_EQ(key("value == bool(true)"), "value == bool(true)");
  EXPECT_EQ(key("value == int64(-7)"), "value == int64(-7)");
  EXPECT_EQ(key("value == null()"), "value == null()");
  EXPECT_EQ(key("value == message(\"a.B\",0801)"), "value == message(\"a.B\",0801)");
}

TEST(PredicateGrammar, AndBindsStrongerThanOr) {
  EXPECT_TRUE(holds("value == 1 || value == 2 && value == 3", 1));
  EXPECT_FALSE(holds("(value == 1 || value == 2) && value == 3", 1));
  EXPECT_EQ(key("(value == 2 || value == 1) && value == 3"), "(value == 1 || value == 2) && value == 3");
}

TEST(PredicateGrammar, QuotedTextsHaveTheEscapesOfJson) {
  EXPECT_TRUE(holds(R"(value == "\"\\\/\b\f\n\r\t\u0041\u00e9\ud83e\udd16")", Value("\"\\/\b\f\n\r\tAé🤖")));
  EXPECT_EQ(key("value == \"\x01\""), "value == \"\\u0001\"");
  for (const char* text : {R"(value == "\x")", R"(value == "\u12")", R"(value == "\ud800")", R"(value == "\udc00")",
                           R"(value == "\ud800\u0041")", R"(value == "\)", "value == \"open"}) {
    expect_refused(text);
  }
}

TEST(PredicateGrammar, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"",
                           " ",
                           "value",
                           "value >",
                           "> 3",
                           "value > 3 &&",
                           "value > 3 value",
                           "value = 3",
                           "value & 3",
                           "(value > 3",
                           "value > 3)",
                           "value > (3)",
                           "!!",
                           "value < 1 < 2",
                           "abs(value > 3",
                           "abs() > 3",
                           "abs(value - ) > 3",
                           "abs(value - old_value - 3) > 3",
                           "abs(happy) > 3",
                           "abs(\"1\") > 3",
                           "abs(1e999) > 3",
                           "value. == 1",
                           "value.5 == 1",
                           "value..x == 1",
                           "value.a/b == 1",
                           "value-3 > 2",
                           "value - 3 > 2",
                           "sqrt(value) == 1",
                           "string(a) == value",
                           "int64(x) == value",
                           "bytes(0) == value",
                           "message(a,00) == value",
                           "value == a,b",
                           "value == \x01",
                           "value == 1 || || value == 2"}) {
    expect_refused(text);
  }
}

// A text has quotes: without them `value > 30` would ask a text whether it is sorted after "30".
TEST(PredicateGrammar, AWordWithoutQuotesIsRefused) {
  for (const char* text :
       {"value == happy", "happy == value", "value != living-room", "value == 2024-01-01T00:00:00", "value == NaN",
        "value == infinity", "value == 00ff", "value == 1e999", "value == .5", "value == +5", "old_value < b",
        "value > 1 && !(value == x)", "abs(value.x) == WALKING", "value.mode == stand-up", "WALKING == IDLE"}) {
    expect_refused(text);
  }
  EXPECT_EQ(Predicate::parse("value == happy").failure().message,
            "the predicate compares with the word 'happy': put a text in quotes, as in value == \"happy\"");
}

TEST(PredicateGrammar, AComparisonThatNamesNoStateIsRefused) {
  for (const char* text : {"1 == 1", "true != false", "\"a\" < \"b\"", "abs(1 - 2) > 3", "value > 3 && 30 < 40",
                           "!(1 == 2)", "\"value\" == \"x\""}) {
    expect_refused(text);
  }
  EXPECT_EQ(Predicate::parse("30 > 3").failure().message,
            "the predicate has the comparison '30 > 3', which names no value, old_value or quality: it never changes");
}

TEST(PredicateGrammar, WhatCanNeverBeEqualInTypeIsRefused) {
  for (const char* text : {"abs(value) == \"1\"", "abs(value - old_value) != true", "value > true", "bytes(00) < value",
                           "value >= message(\"a.B\",00)"}) {
    expect_refused(text);
  }
}

TEST(PredicateGrammar, SaysWhatItNeedsAndWhere) {
  EXPECT_EQ(Predicate::parse("value 3").failure().message,
            "the predicate 'value 3' needs ==, !=, <, <=, > or >= before '3'");
  EXPECT_EQ(Predicate::parse("value > ").failure().message,
            "the predicate 'value > ' needs value, old_value, quality or a literal, as in value > 3 at its end");
}

// ---- normal form ---------------------------------------------------------------------------------------------------

TEST(PredicateNormalForm, SortsAndDeduplicatesOperands) {
  EXPECT_EQ(key("value > 2 && value < 5"), key("value < 5 && value > 2"));
  EXPECT_EQ(key("value == 2 || value == 1 || value == 2"), "value == 1 || value == 2");
  EXPECT_EQ(key("value == 1 && value == 1"), "value == 1");
  EXPECT_EQ(key("value == 1 && (value == 2 && value == 3)"), "value == 1 && value == 2 && value == 3");
  EXPECT_EQ(key("(value == 1 && value == 2 || value == 2 && value == 1) && value == 3"),
            "value == 1 && value == 2 && value == 3");
}

TEST(PredicateNormalForm, PutsTheLiteralOnTheRight) {
  EXPECT_EQ(key("3 < value"), "value > 3");
  EXPECT_EQ(key("3 >= value"), "value <= 3");
  EXPECT_EQ(key("3 != value"), "value != 3");
  EXPECT_EQ(key("old_value < value"), "value > old_value");
  EXPECT_EQ(key("1 < abs(old_value - value)"), "abs(value - old_value) > 1");
}

TEST(PredicateNormalForm, RemovesDoubleNegationAndKeepsSingleOnes) {
  EXPECT_EQ(key("!!(value == 1)"), "value == 1");
  EXPECT_EQ(key("!!!(value == 1)"), "!(value == 1)");
  EXPECT_EQ(key("!(value > 1)"), "!(value > 1)");  // true of NaN, and value <= 1 is not
  EXPECT_TRUE(holds("!(value > 1)", nan));
  EXPECT_FALSE(holds("value <= 1", nan));
}

TEST(PredicateNormalForm, IsSharedByTheBuilders) {
  const auto a = Predicate::compare(Predicate::Op::greater, Value(2));
  const auto b = Predicate::compare(Predicate::Op::less, Value(5));
  EXPECT_EQ(a.key(), "value > int64(2)");
  EXPECT_EQ(Predicate::all_of(a, b).key(), Predicate::all_of(b, a).key());
  EXPECT_EQ(Predicate::all_of(a, Predicate::all_of(b, a)).key(), "value < int64(5) && value > int64(2)");
  EXPECT_EQ(Predicate::any_of(a, a).key(), a.key());
  EXPECT_EQ(Predicate::negate(Predicate::negate(a)).key(), a.key());
  EXPECT_EQ(Predicate::compare(Predicate::Op::equal, Value(-0.0)).key(), "value == double(0)");
}

TEST(PredicateNormalForm, KeepsTheSpellingOfANumberUntilItsTypeIsKnown) {
  const auto spelled = parsed("value == 1.50");
  EXPECT_EQ(spelled.key(), "value == 1.50");
  EXPECT_EQ(spelled.resolved_for(ValueType::float64)->key(),
            parsed("value == 1.5").resolved_for(ValueType::float64)->key());
}

// ---- meaning -------------------------------------------------------------------------------------------------------

TEST(PredicateTest, ComparesEachType) {
  EXPECT_TRUE(holds("value > 3", 4));
  EXPECT_FALSE(holds("value > 3", 3));
  EXPECT_TRUE(holds("value >= 3", 3));
  EXPECT_TRUE(holds("value < \"b\"", "a"));
  EXPECT_TRUE(holds("value <= 'b'", "b"));
  EXPECT_TRUE(holds("value == true", true));
  EXPECT_TRUE(holds("value != true", false));
  EXPECT_TRUE(holds("value == bytes(00)", Bytes{std::string(1, '\0')}));
  EXPECT_TRUE(holds("value == message(\"a.B\",01)", MessageBytes{"a.B", "\x01"}));
  EXPECT_TRUE(holds("value != message(\"a.B\",01)", MessageBytes{"a.C", "\x01"}));
}

TEST(PredicateTest, AComparisonWithNullIsFalse) {
  for (const char* text : {"value == 1", "value != 1", "value < 1", "value >= 1", "old_value == value",
                           "old_value != value", "abs(value - 1) >= 0", "value == null()", "value != null()"}) {
    EXPECT_FALSE(holds(text, Value(), Value(1))) << text;
  }
  EXPECT_FALSE(holds("value == null()", 1));
  EXPECT_FALSE(holds("value != null()", 1));
  EXPECT_TRUE(holds("!(value == 1)", Value()));
}

TEST(PredicateTest, AComparisonOfUnlikeTypesIsFalse) {
  EXPECT_FALSE(holds("value == \"1\"", 1));
  EXPECT_FALSE(holds("value != \"1\"", 1));
  EXPECT_FALSE(holds("value == true", 1));
  EXPECT_FALSE(holds("value == 1", true));
  EXPECT_FALSE(holds("value == 1", "1"));
  EXPECT_FALSE(holds("value == true", "true"));
  EXPECT_FALSE(holds("value == nan", "nan"));
  for (const char* text : {"value > 30", "value >= 30", "value < 30", "value <= 30", "value != 30"})
    EXPECT_FALSE(holds(text, "calm")) << text;
  for (const char* text : {"value > \"30\"", "value < \"30\"", "value != \"30\""})
    EXPECT_FALSE(holds(text, 100)) << text;
  EXPECT_FALSE(holds("value > old_value", "calm", 30));
  EXPECT_FALSE(holds("abs(value) >= 0", "text"));
  EXPECT_FALSE(holds("value.x == 1", 1));
}

TEST(PredicateTest, NanEqualsNanAndStandsInNoOrder) {
  EXPECT_TRUE(holds("value == nan", nan));
  EXPECT_FALSE(holds("value != nan", nan));
  EXPECT_TRUE(holds("value < inf && value > -inf", 1));
  EXPECT_TRUE(holds("value == double(nan)", nan));
  EXPECT_FALSE(holds("value != double(nan)", nan));
  EXPECT_TRUE(holds("value != double(nan)", 1.0));
  EXPECT_TRUE(holds("value != 1", nan));
  EXPECT_TRUE(holds("value != double(nan)", 1));
  for (const char* text :
       {"value < 1", "value > 1", "value <= double(nan)", "value >= double(nan)", "abs(value) > 0"}) {
    EXPECT_FALSE(holds(text, nan)) << text;
  }
}

TEST(PredicateTest, IntegersAndDoublesCompareByTheirExactValues) {
  const std::int64_t beyond = (std::int64_t{1} << 53) + 1;
  const Value two_to_53(9007199254740992.0);
  const auto than = [](Predicate::Op op, std::int64_t literal) { return Predicate::compare(op, Value(literal)); };
  EXPECT_TRUE(than(Predicate::Op::less, beyond).test(two_to_53, {}, Quality::live));
  EXPECT_FALSE(than(Predicate::Op::equal, beyond).test(two_to_53, {}, Quality::live));
  EXPECT_TRUE(than(Predicate::Op::equal, beyond - 1).test(two_to_53, {}, Quality::live));
  EXPECT_TRUE(than(Predicate::Op::greater, int64_max).test(Value(0x1p63), {}, Quality::live));
  EXPECT_TRUE(than(Predicate::Op::equal, int64_min).test(Value(-0x1p63), {}, Quality::live));
  EXPECT_TRUE(holds("value < 2.5", 2));
  EXPECT_TRUE(holds("value > -2.5", -2));
  EXPECT_TRUE(holds("value < double(inf)", Value(int64_max)));
  EXPECT_TRUE(holds("value > double(-inf)", Value(int64_min)));
}

TEST(PredicateTest, DifferencesOfIntegersAreExact) {
  const auto largest = parsed("abs(value - old_value) == 18446744073709551615");  // 2^64 - 1 is no double
  EXPECT_FALSE(largest.test(Value(int64_max), Value(int64_min), Quality::live));
  EXPECT_TRUE(holds("abs(value - old_value) < 18446744073709551616", Value(int64_max), Value(int64_min)));
  EXPECT_TRUE(holds("abs(value - old_value) > 18446744073709549568", Value(int64_max), Value(int64_min)));
  EXPECT_TRUE(holds("abs(value) == 9223372036854775808", Value(int64_min)));
  EXPECT_TRUE(holds("abs(value - old_value) == 0.5", Value(1), Value(1.5)));
}

TEST(PredicateTest, AnIntegerThatCannotBeComparedExactlyIsRefused) {
  for (const char* text :
       {"9223372036854775809", "11400714819323198485", "-9223372036854775809", "0018446744073709551615"}) {
    const auto read = parsed("value == " + std::string(text)).resolved_for(ValueType::int64);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.failure().code, ErrorCode::invalid_predicate);
    EXPECT_THAT(read.failure().message, testing::HasSubstr("outside the range of int64"));
  }
  for (const char* text :
       {"9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775808", "1e30"})
    EXPECT_TRUE(parsed("value != " + std::string(text)).resolved_for(ValueType::int64)) << text;
  EXPECT_TRUE(parsed("value == 11400714819323198485").resolved_for(ValueType::float64));
}

TEST(PredicateTest, KnowsWhetherItReadsTheOldValue) {
  EXPECT_FALSE(parsed("value > 3").uses_old_value());
  EXPECT_TRUE(parsed("value > 3 && abs(value - old_value) > 1").uses_old_value());
  EXPECT_FALSE(parsed("value == \"old_value\"").uses_old_value());
  EXPECT_TRUE(holds("value > old_value", 2, 1));
}

// ---- types ---------------------------------------------------------------------------------------------------------

Result<Predicate> resolved(std::string_view text, ValueType type) { return parsed(text).resolved_for(type); }

ErrorCode refusal(std::string_view text, ValueType type) {
  const auto result = resolved(text, type);
  EXPECT_FALSE(result) << text;
  return result ? ErrorCode{} : result.failure().code;
}

TEST(PredicateTypes, ANumberIsKeptAsTheTopicsTypeKeepsIt) {
  EXPECT_EQ(resolved("value == 21", ValueType::float64)->key(), "value == double(21)");
  EXPECT_EQ(resolved("value == 21", ValueType::int64)->key(), "value == int64(21)");
  EXPECT_EQ(resolved("value == 21", ValueType::null)->key(), "value == int64(21)");
  EXPECT_EQ(resolved("value == true", ValueType::boolean)->key(), "value == bool(true)");
  EXPECT_EQ(resolved("value == nan", ValueType::float64)->key(), "value == double(nan)");
  EXPECT_EQ(resolved("value == nan", ValueType::null)->key(), "value == double(nan)");
}

TEST(PredicateTypes, ANumberWithoutQuotesIsNoText) {
  for (const char* word : {"21", "true", "nan", "-0.5"}) {
    const auto read = resolved(std::string("value == ") + word, ValueType::string);
    ASSERT_FALSE(read) << word;
    EXPECT_EQ(read.failure().code, ErrorCode::type_mismatch);
    EXPECT_THAT(read.failure().message, testing::HasSubstr("put '" + std::string(word) + "' in quotes"));
  }
  EXPECT_EQ(refusal("value > 30", ValueType::string), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == 00", ValueType::bytes), ErrorCode::type_mismatch);
  EXPECT_TRUE(resolved("value == \"21\"", ValueType::string)->test(Value("21"), {}, Quality::live));
}

TEST(PredicateTypes, AFractionHasAMeaningForIntegers) {
  const auto above = resolved("value > 2.5", ValueType::int64);
  ASSERT_TRUE(above);
  EXPECT_TRUE(above->test(Value(3), {}, Quality::live));
  EXPECT_FALSE(above->test(Value(2), {}, Quality::live));
  EXPECT_EQ(resolved("value > 3.0", ValueType::int64)->key(), "value > int64(3)");
}

TEST(PredicateTypes, ATypedNumberIsWidenedOnlyWhereThatIsExact) {
  const auto compare = [](std::int64_t literal) {
    return Predicate::compare(Predicate::Op::equal, Value(literal)).resolved_for(ValueType::float64)->key();
  };
  EXPECT_EQ(compare(3), "value == double(3)");
  EXPECT_EQ(compare((std::int64_t{1} << 53) + 1), "value == int64(9007199254740993)");
  EXPECT_EQ(compare(int64_max), "value == int64(9223372036854775807)");
}

TEST(PredicateTypes, WhatDoesNotFitIsATypeMismatch) {
  EXPECT_EQ(refusal("value == \"3\"", ValueType::int64), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == int64(3)", ValueType::string), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == 1", ValueType::boolean), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == true", ValueType::int64), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == \"00\"", ValueType::bytes), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == 00", ValueType::message), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value > 1 && !(value == \"x\")", ValueType::int64), ErrorCode::type_mismatch);
}

TEST(PredicateTypes, OnlyNumbersAndStringsHaveAnOrder) {
  for (const char* op : {"<", "<=", ">", ">="}) {
    const std::string comparison = std::string("value ") + op + " ";
    for (const ValueType type : {ValueType::boolean, ValueType::bytes, ValueType::message})
      EXPECT_EQ(refusal(comparison + "old_value", type), ErrorCode::invalid_predicate);
    EXPECT_TRUE(resolved(comparison + "\"a\"", ValueType::string));
    EXPECT_TRUE(resolved(comparison + "1", ValueType::int64));
    EXPECT_TRUE(resolved(comparison + "1", ValueType::float64));
  }
  EXPECT_TRUE(resolved("value != old_value", ValueType::boolean));
  EXPECT_TRUE(resolved("value == old_value", ValueType::message));
}

TEST(PredicateTypes, FieldsNeedAMessage) {
  const auto result = resolved("value.x == 1", ValueType::int64);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.failure().code, ErrorCode::invalid_predicate);
  EXPECT_NE(result.failure().message.find("'value.x' names a field, but the topic holds int64 values"),
            std::string::npos);
  EXPECT_EQ(refusal("value.x == 1", ValueType::message), ErrorCode::invalid_predicate);
}

TEST(PredicateTypes, AbsNeedsNumbers) {
  EXPECT_EQ(refusal("abs(value) > 1", ValueType::string), ErrorCode::invalid_predicate);
  EXPECT_EQ(refusal("abs(value) > 1", ValueType::boolean), ErrorCode::invalid_predicate);
  EXPECT_TRUE(resolved("abs(value - old_value) > 0.5", ValueType::int64));
}

}  // namespace
}  // namespace hoiku
