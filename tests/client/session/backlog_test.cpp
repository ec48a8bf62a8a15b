#include "client/src/session/backlog.hpp"

#include <gtest/gtest.h>

namespace hoiku::client {
namespace {

TransitionPtr transition(const std::string& topic, std::uint64_t number, Value value, std::uint64_t epoch = 7) {
  auto made = std::make_shared<Transition>();
  made->topic = topic;
  made->version = Version{epoch, number};
  made->value = std::move(value);
  return made;
}

TEST(Backlog, GivesEachTransitionInOrderWithTheOneBefore) {
  Backlog backlog;
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(backlog.put(transition("a", static_cast<std::uint64_t>(i), i), {0}));
  for (int i = 1; i <= 3; ++i) {
    const auto item = backlog.take();
    ASSERT_TRUE(item);
    EXPECT_EQ(item->transition->value, Value(i));
    EXPECT_EQ(item->previous ? item->previous->value : Value(), i == 1 ? Value() : Value(i - 1));
    EXPECT_FALSE(item->lagged);
  }
  EXPECT_FALSE(backlog.take());
}

TEST(Backlog, SaysWhichVersionsAreMissing) {
  Backlog backlog;
  backlog.put(transition("a", 3, 1), {0});
  backlog.take();
  backlog.put(transition("a", 9, 2), {5});
  const auto item = backlog.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->from, (Version{7, 4}));
  EXPECT_EQ(item->lagged->to, (Version{7, 8}));
  EXPECT_EQ(item->lagged->count, 5u);
  EXPECT_EQ(item->skipped, 5u);
}

TEST(Backlog, OfATopicThatWasMadeLaterTheBrokerKnowsWhatIsMissing) {
  Backlog backlog;
  backlog.end_snapshot(1, true);
  backlog.take();
  backlog.put(transition("a", 4, 1), {3});
  const auto item = backlog.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->from.number, 1u);
  EXPECT_EQ(item->lagged->count, 3u);
}

// How the old epoch went on nobody knows, and it is not passed over.
TEST(Backlog, ANewEpochIsAGapUnlessTheOldOneWasSeenToEnd) {
  Backlog backlog;
  backlog.put(transition("a", 3, 1), {0});
  backlog.put(transition("a", 1, 2, 8), {0});
  backlog.take();
  auto item = backlog.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->count, 0u);

  backlog.put(transition("a", 2, Value(), 8), {0});
  backlog.put(transition("a", 1, 3, 9), {0});
  backlog.take();
  item = backlog.take();
  EXPECT_FALSE(item->lagged);
}

TEST(Backlog, WhatASessionRepeatsIsDroppedAndCountsAsTaken) {
  Backlog backlog;
  backlog.put(transition("a", 1, 1), {0});
  backlog.put(transition("a", 2, 2), {0});
  EXPECT_EQ(backlog.taken_of_session(), 0u);
  backlog.begin_resync();
  EXPECT_FALSE(backlog.put(transition("a", 2, 2), {0}));
  EXPECT_TRUE(backlog.put(transition("a", 3, 3), {0}));
  EXPECT_EQ(backlog.taken_of_session(), 1u);  // the repeated one
  backlog.take();
  backlog.take();
  EXPECT_EQ(backlog.taken_of_session(), 1u);  // two of the session before
  backlog.take();
  EXPECT_EQ(backlog.taken_of_session(), 2u);
  EXPECT_EQ(backlog.counts().duplicates, 1u);
}

TEST(Backlog, WhatARestartedBrokerDoesNotKnowVanishesBehindAllThatCameBefore) {
  Backlog backlog;
  backlog.put(transition("a", 1, 1), {0});
  backlog.put(transition("b", 1, 1), {0});
  EXPECT_TRUE(backlog.end_snapshot(2, true));
  backlog.begin_resync();
  backlog.put(transition("b", 1, 5, 8), {0});
  EXPECT_TRUE(backlog.end_snapshot(1, true));
  std::vector<std::pair<std::string, Value>> given;
  while (const auto item = backlog.take()) {
    if (item->transition) given.emplace_back(item->transition->topic, item->transition->value);
  }
  const std::vector<std::pair<std::string, Value>> expected{
      {"a", Value(1)}, {"b", Value(1)}, {"b", Value(5)}, {"a", Value()}};
  EXPECT_EQ(given, expected);
}

TEST(Backlog, WhatDidNotPassAFilterIsNotMissing) {
  Backlog backlog(true);
  backlog.put(transition("a", 3, 1), {});
  backlog.put(transition("a", 6, 2), {0, 2});
  backlog.put(transition("a", 12, 3), {3, 2});
  backlog.take();
  const auto second = backlog.take();
  EXPECT_FALSE(second->lagged);
  EXPECT_EQ(second->filtered, 2u);
  const auto third = backlog.take();
  ASSERT_TRUE(third->lagged);
  EXPECT_EQ(third->lagged->count, 3u);
  EXPECT_EQ(third->lagged->from.number, 7u);
  EXPECT_EQ(third->lagged->to.number, 11u);
  EXPECT_EQ(third->filtered, 2u);
  EXPECT_EQ(backlog.counts().filtered, 4u);
  EXPECT_EQ(backlog.counts().lagged, 3u);
}

TEST(Backlog, AFilteredReaderThatComesBackKnowsWhatItWasNotSentBefore) {
  Backlog backlog(true);
  backlog.put(transition("a", 3, 1), {});
  backlog.take();
  backlog.begin_resync(true);
  backlog.put(transition("a", 9, 2), {0, 2, 6});  // complete up to 6; of 7 and 8 neither passed
  const auto item = backlog.take();
  EXPECT_FALSE(item->lagged);
  EXPECT_EQ(item->filtered, 5u);
}

TEST(Backlog, WhereTheBrokerCannotSayFromWhereItCountsTheRestHasLagged) {
  Backlog backlog(true);
  backlog.put(transition("a", 3, 1), {});
  backlog.take();
  backlog.begin_resync(true);
  backlog.put(transition("a", 9, 2), {0, 2, 0});
  const auto item = backlog.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->count, 3u);
  EXPECT_EQ(item->filtered, 2u);
}

TEST(Backlog, OfAFilteredReaderATopicThatBeginsAnewIsNoGap) {
  Backlog backlog(true);
  backlog.put(transition("a", 3, 1, 7), {});
  backlog.take();
  backlog.put(transition("a", 2, 2, 8), {0, 1});  // that it was unset, and its first value, did not pass
  const auto item = backlog.take();
  EXPECT_FALSE(item->lagged);
  EXPECT_EQ(item->filtered, 1u);
}

}  // namespace
}  // namespace hoiku::client
