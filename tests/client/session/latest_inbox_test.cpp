#include "client/src/session/latest_inbox.hpp"

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

void expect_balanced(const LatestInbox& inbox) {
  const SubscriptionStatistics& counts = inbox.statistics();
  EXPECT_EQ(counts.received, counts.taken + counts.conflated + counts.pending);
}

TEST(LatestInbox, ANewerVersionReplacesTheUnreadOneAndIsCounted) {
  LatestInbox inbox;
  inbox.put(0, transition("a", 1, 10));
  inbox.put(0, transition("a", 2, 20));
  inbox.put(0, transition("a", 3, 30));
  expect_balanced(inbox);
  const auto item = inbox.take();
  ASSERT_TRUE(item);
  EXPECT_EQ(item->transition->value, Value(30));
  EXPECT_FALSE(item->previous);
  EXPECT_EQ(item->skipped, 0u);  // nothing was seen before, so nothing is missing
  EXPECT_EQ(inbox.statistics().conflated, 2u);
  EXPECT_FALSE(inbox.take());
  expect_balanced(inbox);
}

TEST(LatestInbox, SkippedIsTheNumberOfVersionsBetweenTwoReads) {
  LatestInbox inbox;
  inbox.put(0, transition("a", 4, 1));
  inbox.take();
  inbox.put(0, transition("a", 5, 2));
  EXPECT_EQ(inbox.take()->skipped, 0u);
  inbox.put(0, transition("a", 6, 3));
  inbox.put(0, transition("a", 9, 4));  // the broker conflated 7 and 8, the inbox 6
  const auto item = inbox.take();
  EXPECT_EQ(item->skipped, 3u);
  EXPECT_EQ(item->previous->value, Value(2));
}

TEST(LatestInbox, ANewEpochIsNotCountedAgainstTheOldOne) {
  LatestInbox inbox;
  inbox.put(0, transition("a", 9, 1, 7));
  inbox.take();
  inbox.put(0, transition("a", 3, 2, 8));
  const auto item = inbox.take();
  ASSERT_TRUE(item);
  EXPECT_EQ(item->skipped, 0u);
  EXPECT_EQ(item->previous->value, Value(1));
}

TEST(LatestInbox, VersionsAfterNeverSetAreCountBaselineTheFirstOne) {
  LatestInbox inbox({"a"});
  inbox.put(0, transition("a", 0, {}, 0));
  inbox.take();
  inbox.put(0, transition("a", 3, 1));
  EXPECT_EQ(inbox.take()->skipped, 2u);
}

TEST(LatestInbox, DuplicatesAndOlderVersionsAreDropped) {
  LatestInbox inbox;
  EXPECT_TRUE(inbox.put(0, transition("a", 2, 1)));
  EXPECT_FALSE(inbox.put(0, transition("a", 2, 1)));
  EXPECT_FALSE(inbox.put(0, transition("a", 1, 0)));
  inbox.take();
  EXPECT_FALSE(inbox.put(0, transition("a", 2, 1)));
  EXPECT_FALSE(inbox.take());
  EXPECT_EQ(inbox.statistics().duplicates, 3u);
  expect_balanced(inbox);
}

TEST(LatestInbox, TopicsComeInTheOrderInWhichTheyChanged) {
  LatestInbox inbox;
  inbox.put(0, transition("b", 1, 1));
  inbox.put(0, transition("a", 1, 1));
  inbox.put(0, transition("b", 2, 2));
  EXPECT_EQ(inbox.take()->transition->topic, "b");
  EXPECT_EQ(inbox.take()->transition->topic, "a");
  EXPECT_FALSE(inbox.take());
}

TEST(LatestInbox, TheMarkFollowsTheSnapshotOnce) {
  LatestInbox inbox;
  inbox.put(0, transition("a", 1, 1));
  EXPECT_TRUE(inbox.end_snapshot(5, true));
  inbox.put(0, transition("a", 2, 2));
  EXPECT_EQ(inbox.take()->transition->version.number, 2u);
  EXPECT_FALSE(inbox.take()->transition);
  inbox.begin_resync();
  EXPECT_FALSE(inbox.end_snapshot(9, false));
  EXPECT_FALSE(inbox.take());
}

TEST(LatestInbox, TopicsMissingInAWholeSnapshotBecomeUnset) {
  LatestInbox inbox;
  inbox.put(0, transition("kept", 3, 1));
  inbox.put(0, transition("gone", 4, 2));
  inbox.end_snapshot(1, true);
  while (inbox.take()) {
  }
  inbox.begin_resync();
  inbox.put(0, transition("kept", 3, 1));
  EXPECT_TRUE(inbox.end_snapshot(1, true));
  const auto item = inbox.take();
  ASSERT_TRUE(item);
  EXPECT_EQ(item->transition->topic, "gone");
  EXPECT_TRUE(item->transition->value.is_null());
  EXPECT_EQ(item->transition->version, Version{});
  EXPECT_EQ(item->previous->value, Value(2));
  EXPECT_FALSE(inbox.take());
  expect_balanced(inbox);
}

TEST(LatestInbox, TopicsMissingAmongTheChangesStayAsTheyWere) {
  LatestInbox inbox;
  inbox.put(0, transition("quiet", 3, 1));
  inbox.end_snapshot(1, true);
  inbox.take_all();
  inbox.begin_resync();
  EXPECT_FALSE(inbox.end_snapshot(8, false));
  EXPECT_FALSE(inbox.take());
}

TEST(LatestInbox, ADuplicateNameHasTwoSlots) {
  LatestInbox inbox({"a", "a"});
  inbox.put(0, transition("a", 1, 1));
  inbox.put(1, transition("a", 1, 1));
  EXPECT_FALSE(inbox.put(2, transition("a", 1, 1)));  // no such member
  EXPECT_EQ(inbox.latest(0)->value, Value(1));
  EXPECT_EQ(inbox.latest(1)->value, Value(1));
  inbox.take_all();
  EXPECT_EQ(inbox.statistics().taken, 2u);
  expect_balanced(inbox);
}

// ---- Filtered readers

TransitionPtr at_revision(const std::string& topic, std::uint64_t number, std::uint64_t revision) {
  auto made = std::make_shared<Transition>(*transition(topic, number, static_cast<std::int64_t>(number)));
  made->revision = revision;
  return made;
}

TEST(LatestInbox, AFilteredVersionIsNotSkipped) {
  LatestInbox inbox;
  inbox.put(0, transition("a", 4, 1));
  inbox.take();
  inbox.put(0, transition("a", 6, 2), {0, 1});
  inbox.put(0, transition("a", 9, 3), {0, 1});  // 6 is replaced here, and 7 or 8 was in the broker
  const auto item = inbox.take();
  EXPECT_EQ(item->filtered, 2u);
  EXPECT_EQ(item->skipped, 2u);
  EXPECT_EQ(inbox.statistics().filtered, 2u);
  EXPECT_EQ(inbox.statistics().skipped, 2u);
  expect_balanced(inbox);
}

TEST(LatestInbox, AResumedFilteredReaderCountsUnsentVersionsAsFiltered) {
  LatestInbox inbox;
  inbox.put(0, at_revision("a", 4, 14));
  inbox.take();
  inbox.begin_resync(20);
  inbox.put(0, at_revision("a", 10, 30), {0, 1, 7});  // 5 to 7 had not passed; of 8 and 9 one did
  const auto item = inbox.take();
  EXPECT_EQ(item->filtered, 4u);
  EXPECT_EQ(item->skipped, 1u);
}

TEST(LatestInbox, WithoutCountBaselineTheRestIsSkipped) {
  LatestInbox inbox;
  inbox.put(0, at_revision("a", 4, 14));
  inbox.take();
  inbox.begin_resync(20);
  inbox.put(0, at_revision("a", 10, 30), {0, 1, 0});
  const auto item = inbox.take();
  EXPECT_EQ(item->filtered, 1u);
  EXPECT_EQ(item->skipped, 4u);
}

TEST(LatestInbox, PastItsResumePointAReaderCountsAllAsSkipped) {
  LatestInbox inbox;
  inbox.put(0, at_revision("a", 4, 14));
  inbox.take();
  inbox.begin_resync(12);
  inbox.put(0, at_revision("a", 10, 30), {0, 5, 2});  // some of the five are before 4
  EXPECT_EQ(inbox.take()->skipped, 5u);
  inbox.put(0, at_revision("a", 12, 31), {0, 1});
  EXPECT_EQ(inbox.take()->filtered, 1u);
}

TEST(LatestInbox, AFilteredSnapshotMakesNoTopicUnset) {
  LatestInbox inbox;
  inbox.put(0, transition("a", 4, 1));
  inbox.end_snapshot(10, false);
  while (inbox.take()) {
  }
  inbox.begin_resync();
  EXPECT_FALSE(inbox.end_snapshot(1, false));
  EXPECT_FALSE(inbox.take());
}

TEST(LatestInbox, DiscardsTopicsOfAPatternThatAreUnset) {
  LatestInbox inbox(std::vector<std::string>{}, 2);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const std::string name = "event/" + std::to_string(i);
    inbox.put(0, transition(name, 1, 1, i));
    inbox.take();
    inbox.put(0, transition(name, 2, Value(), i));
    inbox.take();
    inbox.trim(~std::uint64_t{0});
    EXPECT_LE(inbox.topics(), 2u);
  }
  // The newest ones are known: what one skips when it goes on is counted.
  inbox.put(0, transition("event/100", 5, 1, 100));
  EXPECT_EQ(inbox.take()->skipped, 2u);
  EXPECT_EQ(inbox.statistics().received, inbox.statistics().taken);
}

TEST(LatestInbox, KeepsAnUnsetTopicThatALaterSessionMaySendAgain) {
  LatestInbox inbox(std::vector<std::string>{}, 0);
  auto unset = std::make_shared<Transition>(*transition("a", 2, Value()));
  unset->revision = 9;
  inbox.put(0, unset);
  inbox.take();
  inbox.trim(8);
  EXPECT_EQ(inbox.topics(), 1u);
  EXPECT_FALSE(inbox.put(0, unset)) << "a duplicate";
  // A snapshot that has ended is a later point to resume from.
  inbox.begin_resync(8);
  inbox.end_snapshot(12, false);
  inbox.trim(0);
  EXPECT_EQ(inbox.topics(), 0u);
}

TEST(LatestInbox, KeepsATopicThatIsSetAgain) {
  LatestInbox inbox(std::vector<std::string>{}, 0);
  inbox.put(0, transition("a", 1, Value()));
  inbox.take();
  inbox.put(0, transition("a", 2, 1));
  inbox.trim(~std::uint64_t{0});
  EXPECT_EQ(inbox.take()->transition->value, Value(1));
  inbox.trim(~std::uint64_t{0});
  EXPECT_EQ(inbox.topics(), 1u);
}

}  // namespace
}  // namespace hoiku::client
