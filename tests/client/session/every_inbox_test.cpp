#include "client/src/session/every_inbox.hpp"

#include <gtest/gtest.h>

#include "tests/proto/codec/sample_frames.hpp"

namespace hoiku::client {
namespace {

TransitionPtr transition(const std::string& topic, std::uint64_t number, Value value, std::uint64_t epoch = 7) {
  auto made = std::make_shared<Transition>();
  made->topic = topic;
  made->version = Version{epoch, number};
  made->value = std::move(value);
  return made;
}

const proto::SlotTable::Slot slot_a{.subscription = 1, .member = 0, .topic = "a", .epoch = 7};

// The versions from `first` to `last`, of which each is its own value.
proto::Run run(std::uint64_t first, std::uint64_t last) {
  proto::Run made;
  made.slot = 1;
  made.number = first;
  made.revision = 100;
  made.writer = "a writer with a long name";
  for (std::uint64_t number = first; number <= last; ++number) {
    const Value value(static_cast<std::int64_t>(number));
    proto::Change change;
    change.revision_step = 2;
    change.value = value;
    proto::samples::append(made, change);
  }
  return made;
}

TEST(EveryInbox, GivesEachTransitionInOrderWithTheOldValue) {
  EveryInbox inbox;
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(inbox.put(transition("a", static_cast<std::uint64_t>(i), i), {0}));
  for (int i = 1; i <= 3; ++i) {
    const auto item = inbox.take();
    ASSERT_TRUE(item);
    EXPECT_EQ(item->transition->value, Value(i));
    EXPECT_EQ(item->previous ? item->previous->value.copy() : Value(), i == 1 ? Value() : Value(i - 1));
    EXPECT_FALSE(item->lagged);
  }
  EXPECT_FALSE(inbox.take());
}

TEST(EveryInbox, SaysWhichVersionsAreMissing) {
  EveryInbox inbox;
  inbox.put(transition("a", 3, 1), {0});
  inbox.take();
  inbox.put(transition("a", 9, 2), {5});
  const auto item = inbox.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->from, (Version{7, 4}));
  EXPECT_EQ(item->lagged->to, (Version{7, 8}));
  EXPECT_EQ(item->lagged->count, 5u);
  EXPECT_EQ(item->skipped, 5u);
}

TEST(EveryInbox, TheGapOfATopicCreatedAfterTheSnapshotIsCounted) {
  EveryInbox inbox;
  inbox.end_snapshot(1, true);
  inbox.take();
  inbox.put(transition("a", 4, 1), {3});
  const auto item = inbox.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->from.number, 1u);
  EXPECT_EQ(item->lagged->count, 3u);
}

// The reader cannot know how the old epoch went on, so that is a gap.
TEST(EveryInbox, ANewEpochIsAGapUnlessTheOldOneWasSeenToEnd) {
  EveryInbox inbox;
  inbox.put(transition("a", 3, 1), {0});
  inbox.put(transition("a", 1, 2, 8), {0});
  inbox.take();
  auto item = inbox.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->count, 0u);

  inbox.put(transition("a", 2, Value(), 8), {0});
  inbox.put(transition("a", 1, 3, 9), {0});
  inbox.take();
  item = inbox.take();
  EXPECT_FALSE(item->lagged);
}

TEST(EveryInbox, ARepeatedTransitionIsDroppedAndCountsAsTaken) {
  EveryInbox inbox;
  inbox.put(transition("a", 1, 1), {0});
  inbox.put(transition("a", 2, 2), {0});
  EXPECT_EQ(inbox.taken_in_session(), 0u);
  inbox.begin_resync();
  EXPECT_FALSE(inbox.put(transition("a", 2, 2), {0}));
  EXPECT_TRUE(inbox.put(transition("a", 3, 3), {0}));
  EXPECT_EQ(inbox.taken_in_session(), 1u);  // the repeated one
  inbox.take();
  inbox.take();
  EXPECT_EQ(inbox.taken_in_session(), 3u);  // also the two of the session before
  inbox.take();
  EXPECT_EQ(inbox.taken_in_session(), 4u);
  EXPECT_EQ(inbox.statistics().duplicates, 1u);
}

TEST(EveryInbox, TopicsMissingAtARestartedBrokerBecomeUnsetAfterTheirPendingTransitions) {
  EveryInbox inbox;
  inbox.put(transition("a", 1, 1), {0});
  inbox.put(transition("b", 1, 1), {0});
  EXPECT_TRUE(inbox.end_snapshot(2, true));
  inbox.begin_resync();
  inbox.put(transition("b", 1, 5, 8), {0});
  EXPECT_TRUE(inbox.end_snapshot(1, true));
  std::vector<std::pair<std::string, Value>> given;
  while (const auto item = inbox.take()) {
    if (item->transition) given.emplace_back(item->transition->topic, item->transition->value.copy());
  }
  const std::vector<std::pair<std::string, Value>> expected{
      {"a", Value(1)}, {"b", Value(1)}, {"b", Value(5)}, {"a", Value()}};
  EXPECT_EQ(given, expected);
}

TEST(EveryInbox, AReaderThatStartsOverMissesWhatCameBeforeTheFirstVersionOfANewTopic) {
  EveryInbox inbox;
  inbox.put(transition("a", 3, 1), {});  // in the first snapshot nothing is missing
  inbox.end_snapshot(3, true);
  inbox.begin_resync();
  inbox.put(transition("b", 4, 1, 8), {});
  inbox.end_snapshot(4, true);
  inbox.put(transition("c", 2, 1, 8), {});  // it was removed, and this is its next version
  EXPECT_FALSE(inbox.take()->lagged);
  inbox.take();  // the end of the first snapshot
  const auto later = inbox.take();
  ASSERT_TRUE(later->lagged);
  EXPECT_EQ(later->lagged->from, (Version{8, 1}));
  EXPECT_EQ(later->lagged->to, (Version{8, 3}));
  EXPECT_EQ(later->lagged->count, 3u);
  EXPECT_TRUE(is_unset(inbox.take()->transition->version));  // "a"
  EXPECT_FALSE(inbox.take()->lagged);
}

TEST(EveryInbox, AFilteredReaderThatStartsOverMissesNoVersionThatDidNotPass) {
  EveryInbox inbox(true);
  inbox.end_snapshot(3, true);
  inbox.begin_resync();
  inbox.put(transition("b", 5, 1, 8), {0, 1});
  inbox.take();  // the end of the first snapshot
  const auto later = inbox.take();
  ASSERT_TRUE(later->lagged);
  EXPECT_EQ(later->lagged->from.number, 1u);
  EXPECT_EQ(later->lagged->count, 3u);
  EXPECT_EQ(later->filtered, 1u);
}

TEST(EveryInbox, AReaderThatResumesMissesWhatTheBrokerSaysOfANewTopic) {
  EveryInbox inbox;
  inbox.put(transition("a", 2, 1), {});
  inbox.end_snapshot(3, true);
  inbox.begin_resync(true);
  inbox.put(transition("a", 5, 2), {4});  // all that the history has lost, also what this reader was given
  inbox.put(transition("b", 7, 1), {6});
  inbox.put(transition("c", 2, 1), {});
  inbox.take();
  inbox.take();
  const auto known = inbox.take();
  ASSERT_TRUE(known->lagged);
  EXPECT_EQ(known->lagged->from.number, 3u);
  EXPECT_EQ(known->lagged->count, 2u);
  const auto unknown = inbox.take();
  ASSERT_TRUE(unknown->lagged);
  EXPECT_EQ(unknown->lagged->from.number, 1u);
  EXPECT_EQ(unknown->lagged->count, 6u);
  EXPECT_FALSE(inbox.take()->lagged);
}

TEST(EveryInbox, AFilteredVersionIsNotMissing) {
  EveryInbox inbox(true);
  inbox.put(transition("a", 3, 1), {});
  inbox.put(transition("a", 6, 2), {0, 2});
  inbox.put(transition("a", 12, 3), {3, 2});
  inbox.take();
  const auto second = inbox.take();
  EXPECT_FALSE(second->lagged);
  EXPECT_EQ(second->filtered, 2u);
  const auto third = inbox.take();
  ASSERT_TRUE(third->lagged);
  EXPECT_EQ(third->lagged->count, 3u);
  EXPECT_EQ(third->lagged->from.number, 7u);
  EXPECT_EQ(third->lagged->to.number, 11u);
  EXPECT_EQ(third->filtered, 2u);
  EXPECT_EQ(inbox.statistics().filtered, 4u);
  EXPECT_EQ(inbox.statistics().lagged, 3u);
}

TEST(EveryInbox, AResumedFilteredReaderCountsUnsentVersionsAsFiltered) {
  EveryInbox inbox(true);
  inbox.put(transition("a", 3, 1), {});
  inbox.take();
  inbox.begin_resync(true);
  inbox.put(transition("a", 9, 2), {0, 2, 6});  // complete up to 6; of 7 and 8 neither passed
  const auto item = inbox.take();
  EXPECT_FALSE(item->lagged);
  EXPECT_EQ(item->filtered, 5u);
}

TEST(EveryInbox, WithoutCountBaselineTheRestHasLagged) {
  EveryInbox inbox(true);
  inbox.put(transition("a", 3, 1), {});
  inbox.take();
  inbox.begin_resync(true);
  inbox.put(transition("a", 9, 2), {0, 2, 0});
  const auto item = inbox.take();
  ASSERT_TRUE(item->lagged);
  EXPECT_EQ(item->lagged->count, 3u);
  EXPECT_EQ(item->filtered, 2u);
}

TEST(EveryInbox, ANewEpochIsNotAGapForAFilteredReader) {
  EveryInbox inbox(true);
  inbox.put(transition("a", 3, 1, 7), {});
  inbox.take();
  inbox.put(transition("a", 2, 2, 8), {0, 1});  // neither the unset state nor the first value passed
  const auto item = inbox.take();
  EXPECT_FALSE(item->lagged);
  EXPECT_EQ(item->filtered, 1u);
}

// The broker sends credit - unread transitions in each session, and more when the reader has taken some.
TEST(EveryInbox, LostSessionsGiveNoFurtherCredit) {
  constexpr std::uint64_t credit = 10;
  EveryInbox inbox;
  std::uint64_t number = 0;
  for (int lost = 0; lost < 5; ++lost) {
    for (std::uint64_t room = credit - inbox.unread(); room > 0; --room) inbox.put(transition("a", ++number, 1), {});
    EXPECT_EQ(inbox.statistics().pending, credit);
    EXPECT_EQ(inbox.taken_in_session(), 0u);
    inbox.begin_resync(true);
  }
  for (std::uint64_t i = 1; i <= credit; ++i) {
    inbox.take();
    EXPECT_EQ(inbox.taken_in_session(), i);
  }
}

TEST(EveryInbox, TopicsThatARestartedBrokerDoesNotHaveCostNoCredit) {
  EveryInbox inbox;
  inbox.put(transition("a", 1, 1), {});
  inbox.take();
  inbox.begin_resync();
  inbox.end_snapshot(5, true);
  EXPECT_EQ(inbox.taken_in_session(), 0u);
  inbox.take();
  EXPECT_EQ(inbox.taken_in_session(), 1u);
}

TEST(EveryInbox, DiscardsTopicsThatAreUnset) {
  EveryInbox inbox(false, 2);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const std::string name = "event/" + std::to_string(i);
    inbox.put(transition(name, 1, 1, i), {});
    inbox.put(transition(name, 2, Value(), i), {});
    inbox.take();
    inbox.trim(~std::uint64_t{0});
    inbox.take();
    inbox.trim(~std::uint64_t{0});
    EXPECT_LE(inbox.topics(), 3u);
  }
  // The newest ones are known: one that goes on has its gap.
  inbox.put(transition("event/100", 5, 1, 100), {});
  EXPECT_EQ(inbox.take()->skipped, 2u);
}

TEST(EveryInbox, KeepsAnUnsetTopicThatHasSomethingToBeTaken) {
  EveryInbox inbox(false, 0);
  inbox.put(transition("a", 1, Value()), {});
  inbox.put(transition("a", 2, 1), {});
  inbox.take();
  inbox.trim(~std::uint64_t{0});
  EXPECT_EQ(inbox.take()->previous->version.number, 1u);
}

TEST(EveryInbox, GivesTheTransitionsOfARunOneByOne) {
  EveryInbox inbox;
  inbox.put(transition("a", 1, 1), {});
  EXPECT_TRUE(inbox.put(run(2, 4), slot_a));
  inbox.put(transition("a", 5, 5), {});
  EXPECT_EQ(inbox.statistics().received, 5u);
  EXPECT_EQ(inbox.statistics().pending, 5u);
  for (int i = 1; i <= 5; ++i) {
    const auto item = inbox.take();
    ASSERT_TRUE(item && item->transition);
    EXPECT_EQ(item->transition->topic, "a");
    EXPECT_EQ(item->transition->version, (Version{7, static_cast<std::uint64_t>(i)}));
    EXPECT_EQ(item->transition->value, Value(i));
    EXPECT_EQ(item->previous ? item->previous->value.copy() : Value(), i == 1 ? Value() : Value(i - 1));
    EXPECT_FALSE(item->lagged);
    EXPECT_EQ(inbox.statistics().taken, static_cast<std::uint64_t>(i));
    if (i == 4) {
      EXPECT_EQ(item->transition->revision, 104u);
      EXPECT_EQ(item->transition->writer, "a writer with a long name");
    }
  }
  EXPECT_FALSE(inbox.take());
}

// A resumed session sends again what came after its resume point.
TEST(EveryInbox, WhatIsRepeatedInARunIsDropped) {
  EveryInbox inbox;
  inbox.put(run(1, 3), slot_a);
  inbox.begin_resync(true);
  EXPECT_TRUE(inbox.put(run(2, 5), slot_a));
  EXPECT_FALSE(inbox.put(run(4, 5), slot_a));
  EXPECT_EQ(inbox.statistics().duplicates, 4u);
  for (std::int64_t i = 1; i <= 5; ++i) EXPECT_EQ(inbox.take()->transition->value, Value(i));
  EXPECT_FALSE(inbox.take());
  EXPECT_EQ(inbox.taken_in_session(), 9u);  // three of the session before, and six that came
}

TEST(EveryInbox, TheFirstOfARunIsToldWhatIsMissing) {
  EveryInbox inbox;
  inbox.put(run(1, 1), slot_a);
  inbox.put(run(4, 5), slot_a);
  inbox.take();
  const auto first = inbox.take();
  ASSERT_TRUE(first->lagged);
  EXPECT_EQ(first->lagged->from.number, 2u);
  EXPECT_EQ(first->lagged->count, 2u);
  EXPECT_FALSE(inbox.take()->lagged);
  EXPECT_EQ(inbox.statistics().skipped, 2u);
}

TEST(EveryInbox, AnItemStaysAsItIsUntilTheNextIsTaken) {
  EveryInbox inbox(false, 0);
  inbox.put(run(1, 1), slot_a);
  inbox.put(transition("a", 2, std::string(100, 'x')), {});
  inbox.put(run(3, 3), slot_a);
  inbox.put(transition("a", 4, Value()), {});
  inbox.take();
  const auto second = inbox.take();
  inbox.put(transition("b", 1, 1), {});
  inbox.begin_resync();
  inbox.end_snapshot(9, true);
  EXPECT_EQ(second->transition->value, Value(std::string(100, 'x')));
  EXPECT_EQ(second->previous->value, Value(1));
  const auto third = inbox.take();
  EXPECT_EQ(third->previous->value, Value(std::string(100, 'x')));
  const auto fourth = inbox.take();
  EXPECT_EQ(fourth->previous->value, Value(3));
  EXPECT_EQ(fourth->transition->topic, "a");
}

}  // namespace
}  // namespace hoiku::client
