#include "hoiku/proto/value.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

namespace hoiku {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Value, IsNullUntilItIsGivenSomething) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_EQ(Value().type(), ValueType::null);
  EXPECT_EQ(Value(true).type(), ValueType::boolean);
  EXPECT_EQ(Value(3).type(), ValueType::int64);
  EXPECT_EQ(Value(3.0).type(), ValueType::float64);
  EXPECT_EQ(Value("3").type(), ValueType::string);
  EXPECT_EQ(Value(Bytes{"3"}).type(), ValueType::bytes);
  EXPECT_EQ(Value(MessageBytes{"a.B", "3"}).type(), ValueType::message);
}

TEST(Value, GivesOnlyTheAlternativeThatItHolds) {
  const Value value("text");
  ASSERT_NE(value.get_if<std::string>(), nullptr);
  EXPECT_EQ(*value.get_if<std::string>(), "text");
  EXPECT_EQ(value.get_if<std::int64_t>(), nullptr);
}

TEST(Value, EqualMeansEqualBytesOfOneType) {
  EXPECT_EQ(Value("a"), Value("a"));
  EXPECT_FALSE(Value("a") == Value("b"));
  EXPECT_FALSE(Value(1) == Value(1.0));
  EXPECT_FALSE(Value(1) == Value(true));
  EXPECT_FALSE(Value("a") == Value(Bytes{"a"}));
  EXPECT_FALSE(Value(MessageBytes{"a.A", "x"}) == Value(MessageBytes{"a.B", "x"}));
}

TEST(Value, NanEqualsNanAndZeroEqualsMinusZero) {
  EXPECT_EQ(Value(std::nan("1")), Value(-std::nan("2")));
  EXPECT_EQ(Value(0.0), Value(-0.0));
  EXPECT_FALSE(Value(std::nan("")) == Value(0.0));
}

TEST(Value, PayloadIsWhatTheLimitCounts) {
  EXPECT_EQ(Value().payload_bytes(), 0u);
  EXPECT_EQ(Value(true).payload_bytes(), 1u);
  EXPECT_EQ(Value(1).payload_bytes(), 8u);
  EXPECT_EQ(Value(1.0).payload_bytes(), 8u);
  EXPECT_EQ(Value("abc").payload_bytes(), 3u);
  EXPECT_EQ(Value(Bytes{"abcd"}).payload_bytes(), 4u);
  EXPECT_EQ(Value(MessageBytes{"a.B", "12345"}).payload_bytes(), 8u);
}

TEST(Value, IsDisplayedAsAPersonReadsIt) {
  EXPECT_EQ(to_display_string(Value()), "(unset)");
  EXPECT_EQ(to_display_string(Value(false)), "false");
  EXPECT_EQ(to_display_string(Value(-21)), "-21");
  EXPECT_EQ(to_display_string(Value(21.5)), "21.5");
  EXPECT_EQ(to_display_string(Value(21.0)), "21");
  EXPECT_EQ(to_display_string(Value(-std::nan(""))), "nan");
  EXPECT_EQ(to_display_string(Value("to be\nor")), "to be\nor");
  EXPECT_EQ(to_display_string(Value(Bytes{std::string("\x00\xFF\x1a", 3)})), "00ff1a");
  EXPECT_EQ(to_display_string(Value(MessageBytes{"robot.Pose", "\x08\x01"})), "robot.Pose{0801}");
}

TEST(Value, IsOneJsonValue) {
  EXPECT_EQ(to_json(Value()), "null");
  EXPECT_EQ(to_json(Value(true)), "true");
  EXPECT_EQ(to_json(Value(-42)), "-42");
  EXPECT_EQ(to_json(Value(0.1)), "0.1");
  EXPECT_EQ(to_json(Value(21.0)), "21.0");
  EXPECT_EQ(to_json(Value(1e300)), "1e+300");
  EXPECT_EQ(to_json(Value("a \"b\" \\ \n\x01 é")), R"("a \"b\" \\ \n\u0001 é")");
  EXPECT_EQ(to_json(Value(MessageBytes{"a.B", "Man"})), R"({"message":"a.B","bytes":"TWFu"})");
}

// As in Protobuf's JSON; but a small integer stays a number.
TEST(Value, AnIntegerThatADoubleCannotHoldIsAStringInJson) {
  const std::int64_t exact = std::int64_t{1} << 53;
  EXPECT_EQ(to_json(Value(exact)), "9007199254740992");
  EXPECT_EQ(to_json(Value(-exact)), "-9007199254740992");
  EXPECT_EQ(to_json(Value(exact + 1)), R"("9007199254740993")");
  EXPECT_EQ(to_json(Value(-exact - 1)), R"("-9007199254740993")");
  EXPECT_EQ(to_json(Value(std::numeric_limits<std::int64_t>::min())), R"("-9223372036854775808")");
}

TEST(Value, WhatJsonHasNoNumberForBecomesAString) {
  EXPECT_EQ(to_json(Value(std::nan(""))), R"("nan")");
  EXPECT_EQ(to_json(Value(infinity)), R"("inf")");
  EXPECT_EQ(to_json(Value(-infinity)), R"("-inf")");
}

TEST(Value, JsonIsValidUtf8WhateverTheStringHolds) {
  EXPECT_EQ(to_json(Value("a\xFFz")), "\"a\uFFFDz\"");
  EXPECT_EQ(to_json(Value("\xC3")), "\"\uFFFD\"");                      // cut off
  EXPECT_EQ(to_json(Value("\xC0\x80")), "\"\uFFFD\uFFFD\"");            // overlong
  EXPECT_EQ(to_json(Value("\xED\xA0\x80")), "\"\uFFFD\uFFFD\uFFFD\"");  // a surrogate
}

TEST(Value, BytesBecomeBase64InJson) {
  EXPECT_EQ(to_json(Value(Bytes{""})), R"({"bytes":""})");
  EXPECT_EQ(to_json(Value(Bytes{"M"})), R"({"bytes":"TQ=="})");
  EXPECT_EQ(to_json(Value(Bytes{"Ma"})), R"({"bytes":"TWE="})");
  EXPECT_EQ(to_json(Value(Bytes{"Man"})), R"({"bytes":"TWFu"})");
  EXPECT_EQ(to_json(Value(Bytes{"\xFB\xEF\xFF"})), R"({"bytes":"++//"})");
}

TEST(ParseValue, GoesByTheLookWhereNoTypeIsGiven) {
  EXPECT_EQ(parse_value("true").value(), Value(true));
  EXPECT_EQ(parse_value("-12").value(), Value(-12));
  EXPECT_EQ(parse_value("12.5").value(), Value(12.5));
  EXPECT_EQ(parse_value("1e3").value(), Value(1000.0));
  EXPECT_EQ(parse_value("99999999999999999999").value(), Value(1e20));
  for (const char* word :
       {"", "yes", "True", "nan", "inf", "infinity", ".5", "-", "1x", "0x10", "+1", " 1", "1 ", "null"}) {
    EXPECT_EQ(parse_value(word).value(), Value(word)) << word;
  }
}

TEST(InferValue, ReadsWhatComesBackAsItWasTyped) {
  EXPECT_EQ(infer_value("true").value(), Value(true));
  EXPECT_EQ(infer_value("0").value(), Value(0));
  EXPECT_EQ(infer_value("-12").value(), Value(-12));
  EXPECT_EQ(infer_value("9223372036854775807").value(), Value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(infer_value("-9223372036854775808").value(), Value(std::numeric_limits<std::int64_t>::min()));
  for (const auto& [typed, number] : {std::pair{"0.5", 0.5},
                                      {"-0.5", -0.5},
                                      {"21.0", 21.0},
                                      {"21.50", 21.5},
                                      {"0.0", 0.0},
                                      {"1.5e-7", 1.5e-7},
                                      {"1e-07", 1e-7},
                                      {"1e+300", 1e300},
                                      {"2.50e3", 2500.0},
                                      {"0.30000000000000004", 0.30000000000000004},
                                      {"1234567.000", 1234567.0},
                                      {"5e-324", 5e-324},
                                      {"1.7976931348623157e+308", 1.7976931348623157e308}}) {
    EXPECT_EQ(infer_value(typed).value(), Value(number)) << typed;
  }
}

TEST(InferValue, LeavesATextWhoseDigitsWouldChange) {
  for (const char* typed : {"007",
                            "00",
                            "-0",
                            "-01",
                            "0042.5",
                            "12e34",
                            "1e3",
                            "0.1234567890123456789",
                            "12345678901234567.5",
                            "1e999",
                            "1e-999",
                            "1e99999999999",
                            "5.",
                            "1.5e",
                            "1.2.3",
                            "+1",
                            ".5",
                            "0x10",
                            "1_000",
                            "nan",
                            "-inf",
                            "",
                            "-",
                            "1 "}) {
    EXPECT_EQ(infer_value(typed).value(), Value(typed)) << typed;
  }
}

TEST(InferValue, RefusesAWholeNumberBeyondInt64) {
  for (const char* typed : {"9223372036854775808", "-9223372036854775809", "12345678901234567890",
                            "123456789012345678901234567890123456789012345678901234567890"}) {
    const auto value = infer_value(typed);
    ASSERT_FALSE(value) << typed;
    EXPECT_EQ(value.failure().code, ErrorCode::invalid_argument);
    EXPECT_NE(value.failure().message.find("is a whole number beyond int64"), std::string::npos);
  }
}

// Each double that is shown can be typed again, if it does not look like an integer.
TEST(InferValue, ReadsBackWhatItShows) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    const std::string shown = to_display_string(Value(number));
    if (!std::isfinite(number) || shown.find_first_of(".e") == std::string::npos) continue;
    EXPECT_EQ(infer_value(shown).value(), Value(number)) << shown;
  }
}

TEST(ParseValue, ReadsAsTheTypeThatIsGiven) {
  EXPECT_EQ(parse_value("21", ValueType::string).value(), Value("21"));
  EXPECT_EQ(parse_value("21", ValueType::float64).value(), Value(21.0));
  EXPECT_EQ(parse_value("-inf", ValueType::float64).value(), Value(-infinity));
  EXPECT_EQ(parse_value("nan", ValueType::float64).value(), Value(std::nan("")));
  EXPECT_EQ(parse_value("00fF", ValueType::bytes).value(), Value(Bytes{std::string("\x00\xFF", 2)}));
  EXPECT_EQ(parse_value("0x00ff", ValueType::bytes).value(), Value(Bytes{std::string("\x00\xFF", 2)}));
  EXPECT_EQ(parse_value("null", ValueType::null).value(), Value());
}

TEST(ParseValue, SaysWhatTheTypeWouldHaveLookedLike) {
  const auto refused = [](const char* text, ValueType type) { return parse_value(text, type).failure(); };
  EXPECT_EQ(refused("1", ValueType::boolean).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("1", ValueType::boolean).message, "'1' cannot be read as bool: a bool is true or false");
  EXPECT_EQ(refused("9223372036854775808", ValueType::int64).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("1.5", ValueType::int64).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("1e999", ValueType::float64).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("abc", ValueType::bytes).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("zz", ValueType::bytes).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("x", ValueType::message).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("x", ValueType::null).code, ErrorCode::invalid_argument);
}

TEST(ValueType, EveryNameIsReadBack) {
  for (int i = 0; i <= 6; ++i) {
    const auto type = static_cast<ValueType>(i);
    EXPECT_EQ(parse_value_type(to_string(type)).value(), type);
  }
  EXPECT_EQ(parse_value_type("int").failure().code, ErrorCode::invalid_argument);
}

TEST(ErrorCode, HasANameAlsoWhereItIsNotKnown) {
  EXPECT_EQ(to_string(ErrorCode::invalid_topic), "invalid_topic");
  EXPECT_EQ(to_string(ErrorCode::invalid_argument), "invalid_argument");
  EXPECT_EQ(to_string(static_cast<ErrorCode>(4711)), "error_4711");
}

}  // namespace
}  // namespace hoiku
