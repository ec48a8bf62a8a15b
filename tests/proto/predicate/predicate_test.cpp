#include "hoiku/proto/predicate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hoiku {
namespace {

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
  return parsed(text).test(value, old_value);
}

void expect_refused(std::string_view text) {
  const auto result = Predicate::parse(text);
  ASSERT_FALSE(result) << text;
  EXPECT_EQ(result.failure().code, ErrorCode::invalid_predicate) << text;
  EXPECT_LT(result.failure().message.size(), 300u);
}

// ---- grammar -------------------------------------------------------------------------------------------------------

TEST(PredicateGrammar, KnowsEveryForm) {
  EXPECT_EQ(key("value>3"), "value > 3");
  EXPECT_EQ(key(" value  ==  happy "), "value == happy");
  EXPECT_EQ(key("value != \"so sad\""), "value != \"so sad\"");
  EXPECT_EQ(key("value == 'so \"sad\"'"), R"(value == "so \"sad\"")");
  EXPECT_EQ(key("value.pose.x <= -0.5"), "value.pose.x <= -0.5");
  EXPECT_EQ(key("value > old_value"), "value > old_value");
  EXPECT_EQ(key("abs(value-old_value)>=1e-3"), "abs(value - old_value) >= 1e-3");
  EXPECT_EQ(key("abs(value - -3) < 1"), "abs(value - -3) < 1");
  EXPECT_EQ(key("abs( abs(value) - 5 ) < 1"), "abs(abs(value) - 5) < 1");
  EXPECT_EQ(key("!(value == 1)"), "!(value == 1)");
  EXPECT_EQ(key("! value == 1"), "!(value == 1)");
  EXPECT_EQ(key("value == living-room"), "value == living-room");
  EXPECT_EQ(key("value == 2024-01-01T00:00:00"), "value == 2024-01-01T00:00:00");
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

TEST(PredicateGrammar, SaysWhatItNeedsAndWhere) {
  EXPECT_EQ(Predicate::parse("value 3").failure().message,
            "the predicate 'value 3' needs ==, !=, <, <=, > or >= before '3'");
  EXPECT_EQ(Predicate::parse("value > ").failure().message,
            "the predicate 'value > ' needs value, old_value or a literal, as in value > 3 at its end");
}

// ---- normal form ---------------------------------------------------------------------------------------------------

TEST(PredicateNormalForm, SortsAndDeduplicatesOperands) {
  EXPECT_EQ(key("value > 2 && value < 5"), key("value < 5 && value > 2"));
  EXPECT_EQ(key("value == b || value == a || value == b"), "value == a || value == b");
  EXPECT_EQ(key("value == a && value == a"), "value == a");
  EXPECT_EQ(key("value == a && (value == b && value == c)"), "value == a && value == b && value == c");
  EXPECT_EQ(key("(value == a && value == b || value == b && value == a) && value == c"),
            "value == a && value == b && value == c");
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

TEST(PredicateNormalForm, KeepsTheSpellingOfAWordUntilItsTypeIsKnown) {
  const auto spelled = parsed("value == 1.50");
  EXPECT_EQ(spelled.key(), "value == 1.50");
  EXPECT_TRUE(spelled.resolved_for(ValueType::string)->test(Value("1.50"), {}));
  EXPECT_FALSE(spelled.resolved_for(ValueType::string)->test(Value("1.5"), {}));
  EXPECT_EQ(spelled.resolved_for(ValueType::float64)->key(),
            parsed("value == 1.5").resolved_for(ValueType::float64)->key());
}

// ---- meaning -------------------------------------------------------------------------------------------------------

TEST(PredicateTest, ComparesEachType) {
  EXPECT_TRUE(holds("value > 3", 4));
  EXPECT_FALSE(holds("value > 3", 3));
  EXPECT_TRUE(holds("value >= 3", 3));
  EXPECT_TRUE(holds("value < b", "a"));
  EXPECT_TRUE(holds("value <= b", "b"));
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
  EXPECT_FALSE(holds("abs(value) >= 0", "text"));
  EXPECT_FALSE(holds("value.x == 1", 1));
}

TEST(PredicateTest, NanEqualsNanAndStandsInNoOrder) {
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
  EXPECT_TRUE(than(Predicate::Op::less, beyond).test(two_to_53, {}));
  EXPECT_FALSE(than(Predicate::Op::equal, beyond).test(two_to_53, {}));
  EXPECT_TRUE(than(Predicate::Op::equal, beyond - 1).test(two_to_53, {}));
  EXPECT_TRUE(than(Predicate::Op::greater, int64_max).test(Value(0x1p63), {}));
  EXPECT_TRUE(than(Predicate::Op::equal, int64_min).test(Value(-0x1p63), {}));
  EXPECT_TRUE(holds("value < 2.5", 2));
  EXPECT_TRUE(holds("value > -2.5", -2));
  EXPECT_TRUE(holds("value < double(inf)", Value(int64_max)));
  EXPECT_TRUE(holds("value > double(-inf)", Value(int64_min)));
}

TEST(PredicateTest, DifferencesOfIntegersAreExact) {
  const auto largest = parsed("abs(value - old_value) == 18446744073709551615");  // 2^64 - 1 is no double
  EXPECT_FALSE(largest.test(Value(int64_max), Value(int64_min)));
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

TEST(PredicateTypes, AWordIsReadAsTheTopicsType) {
  EXPECT_TRUE(resolved("value == 21", ValueType::string)->test(Value("21"), {}));
  EXPECT_EQ(resolved("value == 21", ValueType::string)->key(), "value == \"21\"");
  EXPECT_EQ(resolved("value == 21", ValueType::float64)->key(), "value == double(21)");
  EXPECT_EQ(resolved("value == true", ValueType::boolean)->key(), "value == bool(true)");
  EXPECT_EQ(resolved("value == true", ValueType::string)->key(), "value == \"true\"");
  EXPECT_EQ(resolved("value == 00ff", ValueType::bytes)->key(), "value == bytes(00ff)");
  EXPECT_EQ(resolved("value == nan", ValueType::float64)->key(), "value == double(nan)");
}

TEST(PredicateTypes, WithoutATypeALiteralGoesByItsLook) {
  EXPECT_EQ(resolved("value == 21", ValueType::null)->key(), "value == int64(21)");
  EXPECT_EQ(resolved("value == happy", ValueType::null)->key(), "value == \"happy\"");
}

TEST(PredicateTypes, AFractionHasAMeaningForIntegers) {
  const auto above = resolved("value > 2.5", ValueType::int64);
  ASSERT_TRUE(above);
  EXPECT_TRUE(above->test(Value(3), {}));
  EXPECT_FALSE(above->test(Value(2), {}));
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
  EXPECT_EQ(refusal("value == happy", ValueType::int64), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == \"3\"", ValueType::int64), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == int64(3)", ValueType::string), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == 1", ValueType::boolean), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == xyz", ValueType::bytes), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == \"00\"", ValueType::bytes), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value == 00", ValueType::message), ErrorCode::type_mismatch);
  EXPECT_EQ(refusal("value > 1 && !(value == x)", ValueType::int64), ErrorCode::type_mismatch);
}

TEST(PredicateTypes, OnlyNumbersAndStringsHaveAnOrder) {
  for (const char* op : {"<", "<=", ">", ">="}) {
    const std::string comparison = std::string("value ") + op + " ";
    EXPECT_EQ(refusal(comparison + "true", ValueType::boolean), ErrorCode::invalid_predicate);
    EXPECT_EQ(refusal(comparison + "00", ValueType::bytes), ErrorCode::invalid_predicate);
    EXPECT_EQ(refusal(comparison + "old_value", ValueType::message), ErrorCode::invalid_predicate);
    EXPECT_TRUE(resolved(comparison + "a", ValueType::string));
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

// ---- limits --------------------------------------------------------------------------------------------------------

std::string any_of(std::size_t comparisons) {
  std::string text = "value == 0";
  for (std::size_t i = 1; i < comparisons; ++i) text += " || value == " + std::to_string(i);
  return text;
}

std::string nested_abs(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "abs(";
  return text + "value" + std::string(count, ')') + " > 1";
}

TEST(PredicateLimits, AtMost64Nodes) {
  EXPECT_TRUE(Predicate::parse(any_of(21)));  // 1 + 3 * 21
  expect_refused(any_of(22));
  expect_refused(any_of(100'000));
  Limits limits;
  limits.predicate_nodes_max = 3;
  EXPECT_TRUE(Predicate::parse("value == 1", limits));
  EXPECT_FALSE(Predicate::parse("!(value == 1)", limits));
}

TEST(PredicateLimits, AtMostEightLevels) {
  EXPECT_TRUE(Predicate::parse(nested_abs(6)));  // the comparison, six times abs(), value
  expect_refused(nested_abs(7));
  expect_refused(nested_abs(100'000));
  expect_refused(std::string(100'000, '(') + "value == 1" + std::string(100'000, ')'));
  expect_refused(std::string(100'000, '!') + "value == 1");
  EXPECT_TRUE(Predicate::parse(std::string(20, '(') + "value == 1" + std::string(20, ')')));  // they leave no trace
}

TEST(PredicateLimits, LiteralsTogetherAreNoLargerThanAValue) {
  Limits limits;
  limits.value_bytes_max = 10;
  EXPECT_TRUE(Predicate::parse("value == aaaaa || value == bbbbb", limits));
  EXPECT_FALSE(Predicate::parse("value == aaaaa || value == bbbbbb", limits));
}

TEST(PredicateLimits, CheckFindsWhatTheBuildersMadeTooLarge) {
  Predicate all = Predicate::compare(Predicate::Op::not_equal, Value(0));
  for (int i = 1; i < 21; ++i) all = Predicate::all_of(all, Predicate::compare(Predicate::Op::not_equal, Value(i)));
  EXPECT_TRUE(all.check(Limits{}));
  all = Predicate::all_of(all, Predicate::compare(Predicate::Op::not_equal, Value(21)));
  ASSERT_FALSE(all.check(Limits{}));
  EXPECT_EQ(all.check(Limits{}).failure().code, ErrorCode::invalid_predicate);
}

// ---- trees ---------------------------------------------------------------------------------------------------------

using Node = Predicate::Node;
using Kind = Predicate::Kind;

Node node(Kind kind, std::vector<Node> children = {}) {
  Node made;
  made.kind = kind;
  made.children = std::move(children);
  return made;
}

Node word(std::string text) {
  Node made = node(Kind::literal);
  made.literal_text = std::move(text);
  return made;
}

Node comparison(Node a, Node b) { return node(Kind::comparison, {std::move(a), std::move(b)}); }

TEST(PredicateBuild, TakesWhatTheGrammarCanSay) {
  EXPECT_EQ(Predicate::build(comparison(word("3"), node(Kind::new_value)))->key(), "value == 3");
  const Node difference = node(Kind::difference, {node(Kind::new_value), word("3")});
  EXPECT_EQ(Predicate::build(comparison(node(Kind::absolute, {difference}), word("3")))->key(), "abs(value - 3) == 3");
}

TEST(PredicateBuild, RefusesTreesThatAreNoPredicate) {
  const Node value = node(Kind::new_value);
  const Node fine = comparison(value, word("1"));
  Node strange_operator = fine;
  strange_operator.op = static_cast<Predicate::Op>(7);
  Node value_with_child = value;
  value_with_child.children.push_back(value);
  Node bad_field = value;
  bad_field.path = {"a.b"};
  Node text = node(Kind::literal);
  text.literal = Value("1");
  const std::vector<Node> refused{
      value,
      word("1"),
      node(Kind::all_of),
      node(Kind::any_of, {value}),
      node(Kind::negation),
      node(Kind::negation, {fine, fine}),
      node(Kind::comparison, {value}),
      comparison(value, fine),
      comparison(value, node(Kind::difference, {value, value})),
      comparison(value, node(Kind::absolute)),
      comparison(value, node(Kind::absolute, {node(Kind::difference, {value})})),
      comparison(value, node(Kind::absolute, {word("x")})),
      comparison(value, node(Kind::absolute, {text})),
      comparison(value, word("two words")),
      comparison(value, word("value")),
      comparison(value, word("value.x")),
      comparison(value, value_with_child),
      comparison(value, bad_field),
      node(static_cast<Kind>(0)),
      node(static_cast<Kind>(10)),
      strange_operator,
  };
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto result = Predicate::build(refused[i]);
    ASSERT_FALSE(result) << i;
    EXPECT_EQ(result.failure().code, ErrorCode::invalid_predicate) << i;
  }
}

}  // namespace
}  // namespace hoiku
