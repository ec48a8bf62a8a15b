#include "broker/core/readers/pattern_index.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <random>
#include <set>

#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class PatternIndexTest : public testing::Test {
 protected:
  Subscription& add(const std::string& pattern) {
    SubscriptionOptions options;
    options.kind = SubscriptionKind::pattern;
    options.pattern = pattern;
    Subscription& added = subscriptions.emplace_back(options, queue);
    index.add(added);
    return added;
  }
  std::vector<Subscription*> match(const std::string& name) {
    std::vector<Subscription*> found;
    index.match(name, found);
    return found;
  }
  PatternIndex index;
  DeliveryQueue queue;
  std::deque<Subscription> subscriptions;
};

TEST_F(PatternIndexTest, FindsByFirstSegmentAndByWildcard) {
  Subscription& touch = add("sensor/touch/*");
  Subscription& all = add("**");
  Subscription& second = add("*/touch/left");
  add("robot/**");
  EXPECT_THAT(match("sensor/touch/left"), UnorderedElementsAre(&touch, &all, &second));
  EXPECT_THAT(match("screen"), UnorderedElementsAre(&all));
}

TEST_F(PatternIndexTest, DoubleStarAlsoMatchesNoSegment) {
  Subscription& robot = add("robot/**");
  EXPECT_THAT(match("robot"), UnorderedElementsAre(&robot));
}

TEST_F(PatternIndexTest, ReservedNamesNeedAPatternThatBeginsWithDollar) {
  add("**");
  Subscription& own = add("$hoiku/**");
  EXPECT_THAT(match("$hoiku/sessions"), UnorderedElementsAre(&own));
}

TEST_F(PatternIndexTest, EqualPatternsAreOneEntry) {
  Subscription& one = add("a/*");
  Subscription& two = add("a/*");
  EXPECT_EQ(index.size(), 1u);
  EXPECT_THAT(match("a/b"), UnorderedElementsAre(&one, &two));
  index.remove(one);
  EXPECT_THAT(match("a/b"), UnorderedElementsAre(&two));
  index.remove(two);
  EXPECT_EQ(index.size(), 0u);
  EXPECT_THAT(match("a/b"), IsEmpty());
}

TEST_F(PatternIndexTest, PatternsThatMeanTheSameAreOneEntry) {
  Subscription& one = add("a/**");
  Subscription& two = add("a/**/**");
  EXPECT_EQ(index.size(), 1u);
  EXPECT_THAT(match("a/b"), UnorderedElementsAre(&one, &two));
  index.remove(two);
  index.remove(one);
  EXPECT_EQ(index.size(), 0u);
}

TEST_F(PatternIndexTest, PatternsWithAnEarlyWildcardAreNotTriedOneByOne) {
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    for (const char* before : {"**/x", "*/y", "a/**/z", "a/*/*/v"}) add(before + number);
    add("w" + number + "/**");
  }
  std::vector<Subscription*> found;
  EXPECT_LT(index.match("a/b/c/d", found), 20u);
  EXPECT_THAT(found, IsEmpty());
  EXPECT_LT(index.match("a/b/c/z7", found), 20u);
  EXPECT_THAT(found, SizeIs(1));
}

// A '**' may take any number of segments: five of them have thousands of ways, if each way is tried.
TEST_F(PatternIndexTest, ManyWildcardsInOnePatternAreOneWay) {
  Subscription& many = add("**/a/**/a/**/a/**/a/**/a/**/b");
  std::vector<Subscription*> found;
  EXPECT_LT(index.match("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/c", found), 200u);
  EXPECT_THAT(found, IsEmpty());
  index.match("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/b", found);
  EXPECT_THAT(found, UnorderedElementsAre(&many));
}

TEST_F(PatternIndexTest, AgreesWithTryingEveryPattern) {
  std::mt19937 random(11);
  const std::vector<std::string> segments{"a", "b", "$c", "*", "**"};
  const auto make = [&](std::size_t kinds) {
    std::string made = segments[random() % kinds];
    for (auto more = random() % 5; more > 0; --more) made += "/" + segments[random() % kinds];
    return made;
  };
  std::set<Subscription*> live;
  for (int step = 0; step < 2000; ++step) {
    if (live.size() < 40 || random() % 2 == 0) {
      live.insert(&add(make(segments.size())));
    } else {
      Subscription* removed = *std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
      index.remove(*removed);
      live.erase(removed);
    }
    const std::string name = make(3);
    std::set<Subscription*> expected;
    for (Subscription* one : live) {
      if (pattern_matches(one->options().pattern, name)) expected.insert(one);
    }
    const auto found = match(name);
    ASSERT_EQ(std::set<Subscription*>(found.begin(), found.end()), expected);
    ASSERT_EQ(found.size(), expected.size());
  }
  for (Subscription* one : live) index.remove(*one);
  EXPECT_EQ(index.size(), 0u);
  EXPECT_THAT(match("a"), IsEmpty());
}

}  // namespace
}  // namespace hoiku::broker
