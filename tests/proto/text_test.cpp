#include "hoiku/proto/text.hpp"

#include <gtest/gtest.h>

namespace hoiku::text {
namespace {

TEST(Text, AQuotedNameStandsInSingleQuotes) {
  EXPECT_EQ(quote("sensor/touch"), "'sensor/touch'");
  EXPECT_EQ(quote(""), "''");
  EXPECT_EQ(quote("value == \"x\""), "'value == \"x\"'");
}

TEST(Text, WhatWouldEndTheQuoteOrTheLineIsEscaped) {
  EXPECT_EQ(quote("it's"), "'it\\'s'");
  EXPECT_EQ(quote("a\\b"), "'a\\\\b'");
  EXPECT_EQ(quote("a\nb\tc\rd\x1b[31m"), "'a\\nb\\tc\\rd\\u001b[31m'");
  EXPECT_EQ(quote("a\x7F\u009b\u2028\u202e"), "'a\\u007f\\u009b\\u2028\\u202e'");
}

TEST(Text, AQuotedNameIsValidUtf8) {
  EXPECT_EQ(quote("\xFF"
                  "a\xC3"),
            "'\uFFFDa\uFFFD'");
  EXPECT_EQ(quote("Größe 🤖"), "'Größe 🤖'");
}

TEST(Text, AQuotedNameIsShortenedBetweenCharacters) {
  constexpr std::size_t ellipsis = std::string_view("…").size();
  std::string name(80, 'x');
  EXPECT_EQ(excerpt(name), name);
  name.back() = 'y';
  EXPECT_EQ(excerpt(name + "z"), name + "…");
  name.pop_back();
  EXPECT_EQ(excerpt(name + "é"), name + "…");  // both bytes, or none
  EXPECT_EQ(excerpt(std::string(1000, '\n')).size(), 80 + ellipsis);
}

TEST(Text, ShortenedTextEndsBetweenCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc…");
  EXPECT_EQ(shorten("aé", 2), "a…");
}

TEST(Text, AppendQuotedWritesJson) {
  std::string out;
  append_quoted(out, "it's \"x\"\\\n\x01");
  EXPECT_EQ(out, "\"it's \\\"x\\\"\\\\\\n\\u0001\"");
}

TEST(Text, UnfinishedAndOverlongSequencesAreNotUtf8) {
  EXPECT_FALSE(first_code_point("\xC0\x80"));
  EXPECT_FALSE(first_code_point("\xED\xA0\x80"));
  EXPECT_FALSE(first_code_point("\xF4\x90\x80\x80"));
  EXPECT_FALSE(first_code_point("\xE2\x82"));
  const auto euro = first_code_point("€");
  ASSERT_TRUE(euro);
  EXPECT_EQ(euro->value, U'€');
  EXPECT_EQ(euro->bytes, 3u);
}

TEST(Text, EveryCodePointIsReadAsItWasWritten) {
  for (char32_t c = 0; c <= 0x10FFFF; c += 97) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string bytes;
    append_utf8(bytes, c);
    const auto point = first_code_point(bytes);
    ASSERT_TRUE(point) << static_cast<unsigned>(c);
    EXPECT_EQ(point->value, c);
    EXPECT_EQ(point->bytes, bytes.size());
  }
}

}  // namespace
}  // namespace hoiku::text
