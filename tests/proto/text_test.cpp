#include "hoiku/proto/text.hpp"

#include <gtest/gtest.h>

namespace hoiku::text {
namespace {

// Each mistake at each distance from the eight bytes that are read at once.
TEST(IsUtf8, KnowsUtf8FromOtherBytes) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string left(before, 'a');
      const std::string right(after, 'z');
      for (const char* good : {"", "é", "€", "🤖", "\x7F", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8(left + good + right)) << before << good << after;
      for (const char* bad : {"\x80", "\xFF", "\xC3", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
        EXPECT_FALSE(is_utf8(left + bad + right)) << before << quote(bad) << after;
    }
  }
}

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

TEST(Text, AppendQuotedEscapesWhatCannotBeSeen) {
  std::string out;
  append_quoted(out, "\x7F\u009b\u202e\u200b\u2028\U000E0041é🤖\xFF");
  EXPECT_EQ(out, "\"\\u007f\\u009b\\u202e\\u200b\\u2028\\udb40\\udc41é🤖\xFF\"");
}

TEST(Text, OneLineKeepsEveryCharacterThatCanBeSeen) {
  using namespace std::string_literals;
  EXPECT_EQ(one_line("保育, café, 🤖, \\"), "保育, café, 🤖, \\");
  EXPECT_EQ(one_line("e\u0301 ❤\uFE0F"), "e\u0301 ❤\uFE0F");
  EXPECT_EQ(one_line("a\0b\n\t\r\x7f"s), "a\\x00b\\n\\t\\r\\x7f");
  EXPECT_EQ(one_line("\x1b[2J\u009b"), "\\x1b[2J\\x9b");
  EXPECT_EQ(one_line("a\u202Eb\u061C\u2066\u200D\uFEFF\u3164\u2028"),
            "a\\u202eb\\u061c\\u2066\\u200d\\ufeff\\u3164\\u2028");
  EXPECT_EQ(one_line("\U000E0041"), "\\U000e0041");
  // Invalid UTF-8: a lone continuation byte, an overlong slash, a truncated character, one beyond U+10FFFF.
  EXPECT_EQ(one_line("\x9b|\xc0\xaf|\xe4\xbf|\xf5"), "\\x9b|\\xc0\\xaf|\\xe4\\xbf|\\xf5");
}

TEST(Text, VisibleLinesKeepsLineBreaksAndTabs) {
  EXPECT_EQ(visible_lines("a\n\tb\n\r\x1b[31m\u202E"), "a\n\tb\n\\r\\x1b[31m\\u202e");
}

// Everything that Unicode calls a format character, a filler or a control, by samples of each range.
TEST(Text, NothingThatHidesItselfStaysInALine) {
  const std::initializer_list<char32_t> hidden{0x00,   0x1B,   0x7F,    0x80,    0x9F,    0xAD,    0x34F,   0x61C,
                                               0x115F, 0x1160, 0x17B4,  0x180E,  0x200B,  0x200F,  0x2028,  0x2029,
                                               0x202A, 0x202E, 0x2060,  0x2066,  0x2069,  0x206F,  0x3164,  0xFEFF,
                                               0xFFA0, 0xFFF9, 0x1BCA0, 0x1D173, 0xE0001, 0xE0020, 0xE007F, 0xE01EF};
  for (const char32_t c : hidden) {
    std::string text;
    append_utf8(text, c);
    for (const std::string& shown : {one_line(text), visible_lines(text), quote(text)}) {
      EXPECT_EQ(shown.find(text), std::string::npos) << std::uint32_t{c};
      EXPECT_NE(shown.find('\\'), std::string::npos) << std::uint32_t{c};
    }
  }
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
