// Predicates that name the quality.
#include <gtest/gtest.h>

#include "hoiku/proto/predicate.hpp"
#include "tests/proto/predicate/refusal.hpp"

namespace hoiku {
namespace {

Predicate quality_predicate(const char* text) {
  auto result = Predicate::parse(text);
  EXPECT_TRUE(result) << text << ": " << (result ? "" : result.failure().message);
  return result ? *result : Predicate::compare(Predicate::Op::equal, Value());
}

std::string key_of(const char* text) { return quality_predicate(text).key(); }

TEST(PredicateQuality, IsComparedWithItsThreeNames) {
  EXPECT_EQ(key_of("quality==stale"), "quality == stale");
  EXPECT_EQ(key_of("orphaned != quality"), "quality != orphaned");
  EXPECT_EQ(key_of("value > 3 && !(quality == live)"), "!(quality == live) && value > 3");
  EXPECT_EQ(Predicate::compare(Predicate::Op::equal, Quality::stale).key(), key_of("quality == stale"));
  for (const char* text : {"quality", "quality == 1", "quality == \"stale\"", "quality == Stale", "quality == true",
                           "quality < stale", "stale > quality", "quality == value", "quality == quality",
                           "quality == old_value", "abs(quality) == 1", "quality.x == live", "quality-1 == live",
                           "value == stale", "old_quality == live", "quality == old_quality", "live == stale"}) {
    test::expect_refused(text);
  }
  EXPECT_EQ(Predicate::parse("quality == fresh").failure().message,
            "the predicate has the comparison 'quality == fresh': quality is compared by == or != with live, stale or "
            "orphaned, without quotes");
}

TEST(PredicateQuality, IsThatOfTheState) {
  const auto in = [](const char* text, Quality quality, const Value& value = Value(5)) {
    return quality_predicate(text).test(value, Value(), quality);
  };
  EXPECT_TRUE(in("quality == live", Quality::live));
  EXPECT_FALSE(in("quality == live", Quality::stale));
  EXPECT_TRUE(in("quality == stale", Quality::stale));
  EXPECT_TRUE(in("quality != stale", Quality::orphaned));
  EXPECT_TRUE(in("value > 3 && quality != live", Quality::stale));
  EXPECT_FALSE(in("value > 7 && quality != live", Quality::stale));
  EXPECT_TRUE(in("value > 7 || quality == orphaned", Quality::orphaned));
}

TEST(PredicateQuality, AnUnsetTopicHasOneOnlyIfTheEndOfALeaseUnsetIt) {
  for (const char* text : {"quality == live", "quality != live", "quality != stale", "quality == orphaned"})
    EXPECT_FALSE(quality_predicate(text).test(Value(), Value(1), Quality::live)) << text;
  EXPECT_TRUE(quality_predicate("!(quality == stale)").test(Value(), Value(1), Quality::live));
  EXPECT_TRUE(quality_predicate("quality == orphaned").test(Value(), Value(1), Quality::orphaned));
}

TEST(PredicateQuality, FitsEveryType) {
  for (const ValueType type : {ValueType::null, ValueType::boolean, ValueType::int64, ValueType::float64,
                               ValueType::string, ValueType::bytes, ValueType::message}) {
    const auto resolved = quality_predicate("quality == stale").resolved_for(type);
    ASSERT_TRUE(resolved) << to_string(type);
    EXPECT_EQ(resolved->key(), "quality == stale");
    EXPECT_TRUE(resolved->test(Value("x"), {}, Quality::stale));
  }
}

TEST(PredicateQuality, IsKnownToBeNamed) {
  EXPECT_TRUE(quality_predicate("value > 3 || !(quality == stale)").names_quality());
  EXPECT_FALSE(quality_predicate("value > 3").names_quality());
  EXPECT_FALSE(quality_predicate("value == \"quality\"").names_quality());
  EXPECT_FALSE(quality_predicate("quality == stale").uses_old_value());
  EXPECT_FALSE(quality_predicate("value.mode == stale").names_quality());
}

TEST(PredicateQuality, OfATreeOfAnotherPeerIsLeftToCheck) {
  Predicate::Node root;
  root.kind = Predicate::Kind::comparison;
  root.children.resize(2);
  root.children[0].kind = Predicate::Kind::state_quality;
  root.children[1].literal = Value("stale");
  const auto made = Predicate::build(std::move(root));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->check(Limits{}).failure().code, ErrorCode::invalid_predicate);
}

}  // namespace
}  // namespace hoiku
