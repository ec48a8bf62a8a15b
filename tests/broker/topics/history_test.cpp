#include "broker/core/topics/history.hpp"

#include <gtest/gtest.h>

#include "tests/broker/make_state.hpp"

namespace hoiku::broker {
namespace {

constexpr TopicId battery{3};
constexpr TopicId heat{7};

State state(std::uint64_t number, std::uint64_t revision, std::size_t bytes = 4, std::uint64_t epoch = 1) {
  Transition made;
  made.topic = "t";
  made.version = Version{epoch, number};
  made.revision = revision;
  made.value = Value(std::string(bytes, 'x'));
  return make_state(made);
}

class History : public testing::Test {
 protected:
  void fill(TopicId topic, std::uint64_t count, std::size_t bytes = 4) {
    for (std::uint64_t i = 1; i <= count; ++i, ++last) histories.append(topic, state(last + 1, 101 + last, bytes));
  }
  Limits limits;
  Histories histories{limits};
  std::uint64_t last = 0;
};

TEST_F(History, FindsEachStateByItsNumber) {
  fill(battery, 3);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    const State found = histories.find(battery, number);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version().number, number);
  }
  EXPECT_FALSE(histories.find(battery, 4));
  EXPECT_FALSE(histories.find(battery, 0));
  EXPECT_FALSE(histories.find(heat, 1));
}

TEST_F(History, KeepsEverythingUntilItIsTrimmed) {
  limits.history_transitions_max = 3;  // with the committed one
  fill(battery, 5);
  EXPECT_TRUE(histories.find(battery, 1));
  histories.trim();
  EXPECT_FALSE(histories.find(battery, 3));
  EXPECT_TRUE(histories.find(battery, 4));
  EXPECT_TRUE(histories.find(battery, 5));
}

TEST_F(History, KeepsNoMoreBytesThanItsLimit) {
  limits.history_bytes_max = 3000;
  fill(battery, 5, 1000);
  histories.trim();
  EXPECT_FALSE(histories.find(battery, 3));
  EXPECT_TRUE(histories.find(battery, 4));
}

TEST_F(History, TheLastReplacedStateIsKeptHoweverLarge) {
  limits.history_bytes_max = 3000;
  fill(battery, 2, 10'000);
  histories.trim();
  EXPECT_FALSE(histories.find(battery, 1));
  EXPECT_TRUE(histories.find(battery, 2));
  limits.histories_bytes_max = histories.bytes() - 1;
  histories.trim();
  EXPECT_FALSE(histories.find(battery, 2));
  EXPECT_EQ(histories.bytes(), 0u);
}

TEST_F(History, TheLargestLosesItsOldestStateFirst) {
  fill(battery, 2, 1000);
  last = 0;
  fill(heat, 4, 1000);
  limits.histories_bytes_max = histories.bytes() - 1;
  histories.trim();
  EXPECT_FALSE(histories.find(heat, 1));
  EXPECT_TRUE(histories.find(heat, 2));
  EXPECT_TRUE(histories.find(battery, 1));
  limits.histories_bytes_max = 0;
  histories.trim();
  EXPECT_FALSE(histories.find(heat, 4));
  EXPECT_FALSE(histories.find(battery, 2));
  EXPECT_EQ(histories.bytes(), 0u);
}

// However much somebody writes, and however long a history is declared.
TEST_F(History, ASmallOneIsNotTakenByALargeOne) {
  limits.histories_bytes_max = 100'000;
  fill(battery, 1);
  last = 0;
  histories.keep(heat, 65'536);
  for (int turn = 0; turn < 1000; ++turn) {
    fill(heat, 10, 1000);
    histories.trim();
    ASSERT_LE(histories.bytes(), limits.histories_bytes_max);
  }
  EXPECT_TRUE(histories.find(battery, 1));
  EXPECT_TRUE(histories.find(heat, last));
}

TEST_F(History, ManyOfOneSizeShareTheRoom) {
  limits.histories_bytes_max = 100'000;
  for (std::uint32_t topic = 0; topic < 20; ++topic) {
    last = 0;
    fill(TopicId{topic}, 10, 1000);
    histories.trim();
  }
  for (std::uint32_t topic = 0; topic < 20; ++topic) EXPECT_TRUE(histories.find(TopicId{topic}, 10)) << topic;
  histories.discard(TopicId{7});
  fill(TopicId{7}, 1, 1000);
  histories.trim();
  EXPECT_LE(histories.bytes(), limits.histories_bytes_max);
}

TEST_F(History, ARemovedTopicsHistoryIsDiscardedAndANewTopicStartsWithoutOne) {
  fill(battery, 3);
  histories.discard(battery);
  EXPECT_FALSE(histories.find(battery, 3));
  EXPECT_EQ(histories.bytes(), 0u);
  for (std::uint64_t number = 1; number <= 4; ++number) histories.append(battery, state(number, 200 + number, 4, 2));
  limits.histories_bytes_max = histories.bytes() - 1;
  histories.trim();
  EXPECT_FALSE(histories.find(battery, 1));
  EXPECT_EQ(histories.find(battery, 2)->version().epoch, 2u);
}

TEST_F(History, ATopicThatIsRemovedAndMadeAgainWithinATurnIsTrimmedOnce) {
  limits.history_transitions_max = 3;
  for (int life = 0; life < 3; ++life) {
    histories.discard(battery);
    last = 0;
    fill(battery, 5);
    histories.append(heat, state(1, 1));
    histories.discard(heat);
  }
  histories.trim();
  EXPECT_FALSE(histories.find(battery, 3));
  EXPECT_TRUE(histories.find(battery, 4));
  EXPECT_FALSE(histories.find(heat, 1));
  fill(battery, 1);
  histories.trim();
  EXPECT_FALSE(histories.find(battery, 4));
  EXPECT_TRUE(histories.find(battery, 5));
}

TEST_F(History, FindsTheFirstStateAfterARevision) {
  limits.history_transitions_max = 4;
  fill(battery, 5);  // revisions 101 to 105
  histories.trim();
  EXPECT_EQ(histories.first_after(battery, 103), 4u);
  EXPECT_EQ(histories.first_after(battery, 105), 0u);
  EXPECT_EQ(histories.first_after(battery, 100), 3u);  // earlier states are discarded: the reader will see a gap
  EXPECT_EQ(histories.first_after(heat, 100), 0u);
}

TEST_F(History, AThousandTurnsKeepExactlyTheAllowedStates) {
  limits.history_transitions_max = 3;
  fill(battery, 1);
  last = 0;
  for (int turn = 0; turn < 10'000; ++turn) {
    fill(heat, 1);
    histories.trim();
  }
  EXPECT_TRUE(histories.find(battery, 1));
  EXPECT_TRUE(histories.find(heat, last - 1));
  EXPECT_FALSE(histories.find(heat, last - 2));
  limits.histories_bytes_max = 0;
  histories.trim();
  EXPECT_EQ(histories.bytes(), 0u);
}

}  // namespace
}  // namespace hoiku::broker
