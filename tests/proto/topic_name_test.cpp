#include "hoiku/proto/topic_name.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace hoiku {
namespace {

std::string segments(std::size_t count) {
  std::string name = "s";
  for (std::size_t i = 1; i < count; ++i) name += "/s";
  return name;
}

TEST(TopicName, IsSegmentsOfPrintableCharacters) {
  for (const char* name :
       {"a", "sensor/touch/left", "sensor/température", "部屋/1", "a.b-c_d:e", "$hoiku/topics", "🤖"}) {
    EXPECT_TRUE(check_topic_name(name)) << name;
    EXPECT_TRUE(check_topic_pattern(name)) << name;
  }
}

TEST(TopicName, RefusesWhatBreaksTheRulesAndSaysWhich) {
  const auto why = [](std::string_view name) {
    const auto result = check_topic_name(name);
    EXPECT_FALSE(result) << name;
    if (result) return std::string();
    EXPECT_EQ(result.failure().code, ErrorCode::invalid_topic);
    return result.failure().message;
  };
  EXPECT_EQ(why(""), "topic name '' is not valid: it is empty");
  EXPECT_NE(why("/a").find("a segment is empty"), std::string::npos);
  EXPECT_NE(why("a/").find("a segment is empty"), std::string::npos);
  EXPECT_NE(why("a//b").find("a segment is empty"), std::string::npos);
  EXPECT_NE(why("a/*").find("only patterns"), std::string::npos);
  EXPECT_NE(why("a*").find("only patterns"), std::string::npos);
  EXPECT_NE(why("a b").find("white space"), std::string::npos);
  EXPECT_NE(why("a\u00A0b").find("white space"), std::string::npos);
  EXPECT_NE(why("a\u3000b").find("white space"), std::string::npos);
  EXPECT_NE(why("a\tb").find("control character"), std::string::npos);
  EXPECT_NE(why("a\u0085b").find("control character"), std::string::npos);
  EXPECT_NE(why(std::string_view("a\0b", 3)).find("control character"), std::string::npos);
  EXPECT_NE(why("a\u202Eb").find("invisible character"), std::string::npos);
  for (const char* alike : {"a\u200Db", "a\u200Cb", "a\u061Cb", "a\u3164b", "a\uFE0Fb", "a\U000E0041b"})
    EXPECT_NE(why(alike).find("invisible character"), std::string::npos);
  EXPECT_NE(why("a\xFF").find("UTF-8"), std::string::npos);
  EXPECT_NE(why("\xF4\x90\x80\x80").find("UTF-8"), std::string::npos);
  EXPECT_NE(why("\xE2\x82").find("UTF-8"), std::string::npos);
}

TEST(TopicName, ErrorsShowOnlyTheBeginningOfALongName) {
  const auto result = check_topic_name(std::string(100'000, '\xFF'));
  ASSERT_FALSE(result);
  EXPECT_LT(result.failure().message.size(), 300u);
}

TEST(TopicName, MayHave255Bytes) {
  EXPECT_TRUE(check_topic_name(std::string(255, 'a')));
  EXPECT_FALSE(check_topic_name(std::string(256, 'a')));
  Limits limits;
  limits.topic_name_bytes_max = 3;
  EXPECT_TRUE(check_topic_name("a/b", limits));
  EXPECT_FALSE(check_topic_name("a/bc", limits));
}

TEST(TopicName, MayHave16Segments) {
  EXPECT_TRUE(check_topic_name(segments(16)));
  EXPECT_FALSE(check_topic_name(segments(17)));
  EXPECT_TRUE(check_topic_pattern(segments(15) + "/**"));
  EXPECT_FALSE(check_topic_pattern(segments(16) + "/**"));
}

TEST(TopicPattern, WildcardsAreWholeSegments) {
  for (const char* pattern : {"*", "**", "a/*/b", "a/**", "**/a/**", "*/**"})
    EXPECT_TRUE(check_topic_pattern(pattern)) << pattern;
  for (const char* pattern : {"a*", "*a", "***", "a/b*/c", "**a"})
    EXPECT_FALSE(check_topic_pattern(pattern)) << pattern;
}

TEST(TopicPattern, WithoutAWildcardIsAPlainName) {
  EXPECT_TRUE(is_plain_name("a/b"));
  EXPECT_FALSE(is_plain_name("a/*"));
  EXPECT_FALSE(is_plain_name("**"));
  EXPECT_TRUE(is_reserved_name("$hoiku/x"));
  EXPECT_FALSE(is_reserved_name("a/$b"));
}

TEST(TopicPattern, OneStarIsOneSegment) {
  EXPECT_TRUE(pattern_matches("a/*/c", "a/b/c"));
  EXPECT_FALSE(pattern_matches("a/*/c", "a/c"));
  EXPECT_FALSE(pattern_matches("a/*/c", "a/b/b/c"));
  EXPECT_FALSE(pattern_matches("*", "a/b"));
  EXPECT_TRUE(pattern_matches("*", "a"));
}

TEST(TopicPattern, TwoStarsAreAnyNumberOfSegmentsAlsoNone) {
  EXPECT_TRUE(pattern_matches("**", "a"));
  EXPECT_TRUE(pattern_matches("**", "a/b/c"));
  EXPECT_TRUE(pattern_matches("a/**", "a"));
  EXPECT_TRUE(pattern_matches("a/**/d", "a/d"));
  EXPECT_TRUE(pattern_matches("a/**/d", "a/b/c/d"));
  EXPECT_FALSE(pattern_matches("a/**/d", "a/b/c"));
  EXPECT_TRUE(pattern_matches("**/b/**/b", "a/b/b"));
  EXPECT_TRUE(pattern_matches("**/*", "a"));
  EXPECT_FALSE(pattern_matches("a/**/*", "a"));
}

TEST(TopicPattern, PlainNamesMatchThemselvesOnly) {
  EXPECT_TRUE(pattern_matches("a/b", "a/b"));
  EXPECT_FALSE(pattern_matches("a/b", "a"));
  EXPECT_FALSE(pattern_matches("a", "a/b"));
  EXPECT_FALSE(pattern_matches("a/b", "a/bb"));
}

TEST(TopicPattern, ReservedNamesMatchOnlyPatternsThatBeginWithADollar) {
  EXPECT_FALSE(pattern_matches("**", "$hoiku/topics"));
  EXPECT_FALSE(pattern_matches("*/topics", "$hoiku/topics"));
  EXPECT_TRUE(pattern_matches("$hoiku/**", "$hoiku/topics"));
  EXPECT_TRUE(pattern_matches("$hoiku/*", "$hoiku/topics"));
  EXPECT_TRUE(pattern_matches("a/*", "a/$b"));
}

// Matching by its plainest definition, which takes exponential time.
bool matches(const std::vector<std::string>& pattern, std::size_t p, const std::vector<std::string>& name,
             std::size_t n) {
  if (p == pattern.size()) return n == name.size();
  if (pattern[p] == "**")
    return matches(pattern, p + 1, name, n) || (n < name.size() && matches(pattern, p, name, n + 1));
  return n < name.size() && (pattern[p] == "*" || pattern[p] == name[n]) && matches(pattern, p + 1, name, n + 1);
}

TEST(TopicPattern, MatchesAsTheDefinitionSays) {
  std::mt19937_64 random(1);
  const auto draw = [&](const std::vector<std::string>& words) {
    std::vector<std::string> drawn(1 + random() % 7);
    for (std::string& word : drawn) word = words[random() % words.size()];
    return drawn;
  };
  const auto joined = [](const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : "/") + word;
    return text;
  };
  int matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto pattern = draw({"a", "b", "*", "**"});
    const auto name = draw({"a", "b"});
    const bool expected = matches(pattern, 0, name, 0);
    EXPECT_EQ(pattern_matches(joined(pattern), joined(name)), expected) << joined(pattern) << " on " << joined(name);
    matched += expected;
  }
  EXPECT_GT(matched, 1000);
}

TEST(TopicPattern, ManyStarsCostNoMoreThanTheSquareOfTheSegments) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "**/a/";
  pattern += "b";
  EXPECT_FALSE(pattern_matches(pattern, segments(4000)));  // would not end in this life if it were exponential
}

}  // namespace
}  // namespace hoiku
