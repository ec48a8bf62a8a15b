#include "broker/core/commit_queue.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

TEST(CommitQueue, GivesPositionsFromOneAndLetsCommitsGoInOrder) {
  CommitQueue queue;
  EXPECT_EQ(queue.next_sequence(), 1u);
  for (std::uint32_t i = 0; i < 3; ++i) queue.push(TopicId{i}, nullptr, {SessionId{1}, i});
  EXPECT_EQ(queue.next_sequence(), 4u);
  EXPECT_EQ(queue.take_through(2)->sequence, 1u);
  EXPECT_EQ(queue.take_through(2)->sequence, 2u);
  EXPECT_FALSE(queue.take_through(2));
  EXPECT_EQ(queue.take_through(9)->topic, TopicId{2});
  EXPECT_FALSE(queue.take_through(9));
}

TEST(CommitQueue, ATouchGoesWithTheCommitThatItEquals) {
  CommitQueue queue;
  for (std::uint32_t i = 0; i < 3; ++i) queue.push(TopicId{i}, nullptr, {SessionId{1}, i});
  ASSERT_TRUE(queue.take_through(1));
  queue.touch(2, {SessionId{5}, 50});
  queue.touch(2, {SessionId{6}, 60});
  const auto second = queue.take_through(2);
  ASSERT_EQ(second->touches.size(), 2u);
  EXPECT_EQ(second->touches[1].request, 60u);
  EXPECT_TRUE(queue.take_through(3)->touches.empty());
}

}  // namespace
}  // namespace hoiku::broker
