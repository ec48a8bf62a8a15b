#include "broker/core/topics/topic_states.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/core/topics/topic_pins.hpp"
#include "tests/broker/topic_history.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TopicStatesTest : public TopicHistoryTest {};

TEST_F(TopicStatesTest, ATopicThatWasNeverSetHasAStateOfVersionZero) {
  const TopicId id = *topics.create("a");
  for (const State& state : {states.committed(id), states.committed("a"), states.committed("nowhere")}) {
    ASSERT_NE(state, nullptr);
    EXPECT_EQ(state->version().number, 0u);
    EXPECT_TRUE(state->value().is_null());
  }
  EXPECT_EQ(states.committed("nowhere")->topic(), "nowhere");
}

TEST_F(TopicStatesTest, PastStatesAreFoundByTheirNumbersAsTheCommittedOneIs) {
  const TopicId id = *topics.create("a");
  const State first = set(id, 1, 5);
  const State second = set(id, 2, 7);
  EXPECT_EQ(states.committed(id), second);
  EXPECT_EQ(states.find(id, 1), first);
  EXPECT_EQ(states.find(id, 2), second);
  EXPECT_EQ(states.find(id, 3), nullptr);
}

TEST_F(TopicStatesTest, TheStatesBetweenAReadersAndTheCommittedOneComeInOneRange) {
  limits.history_transitions_max = 3;
  const TopicId id = *topics.create("a");
  set(id, 1, 1);
  const State second = set(id, 2, 2);
  const State third = set(id, 3, 3);
  set(id, 4, 4);
  histories.trim();
  EXPECT_EQ(states.find(id, 1), nullptr);
  EXPECT_THAT(states.past_after(id, 1), ElementsAre(second, third));
  EXPECT_THAT(states.past_after(id, 2), ElementsAre(third));
  EXPECT_THAT(states.past_after(id, 3), IsEmpty());
  set(id, 5, 5);
  histories.trim();
  EXPECT_THAT(states.past_after(id, 1), IsEmpty());  // the first of them is discarded
}

TEST_F(TopicStatesTest, TheFirstStateAfterARevisionIsTheCommittedOneIfNoOlderIsKept) {
  const TopicId id = *topics.create("a");
  set(id, 1, 5);
  set(id, 2, 7);
  set(id, 3, 9);
  EXPECT_EQ(states.first_after(id, 4), 1u);
  EXPECT_EQ(states.first_after(id, 5), 2u);
  EXPECT_EQ(states.first_after(id, 8), 3u);
}

TEST(TopicPins, ATopicStaysPinnedUntilItsLastUnpin) {
  TopicPins pins;
  const TopicId id{7};
  pins.pin(id);
  pins.pin(id);
  pins.unpin(id);
  EXPECT_TRUE(pins.is_pinned(id));
  pins.unpin(id);
  EXPECT_FALSE(pins.is_pinned(id));
}

}  // namespace
}  // namespace hoiku::broker
