#include "broker/core/topics/commit_queue.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

Notice to(std::uint64_t session, proto::RequestId request) {
  return Notice{SessionId{session}, request, 0, nullptr, true, nullptr};
}

TopicWrites of(std::uint32_t topic) { return {TopicWrite{TopicId{topic}, nullptr}}; }

TEST(CommitQueue, GivesPositionsFromOneAndTakesCommitsInOrder) {
  CommitQueue queue;
  EXPECT_EQ(queue.next_sequence(), 1u);
  for (std::uint32_t i = 0; i < 3; ++i) queue.push(of(i)).notices.push_back(to(1, i));
  EXPECT_EQ(queue.next_sequence(), 4u);
  EXPECT_EQ(queue.take_through(2)->sequence, 1u);
  EXPECT_EQ(queue.take_through(2)->sequence, 2u);
  EXPECT_FALSE(queue.take_through(2));
  EXPECT_EQ(queue.take_through(9)->writes.front().topic, TopicId{2});
  EXPECT_FALSE(queue.take_through(9));
}

TEST(CommitQueue, ATouchIsAnsweredWithTheCommitThatItEquals) {
  CommitQueue queue;
  for (std::uint32_t i = 0; i < 3; ++i) queue.push(of(i)).notices.push_back(to(1, i));
  ASSERT_TRUE(queue.take_through(1));
  queue.touch(2, to(5, 50));
  queue.touch(2, to(6, 60));
  const auto second = queue.take_through(2);
  ASSERT_EQ(second->notices.size(), 3u);
  EXPECT_EQ(second->notices[0].id, 1u);
  EXPECT_EQ(second->notices[2].id, 60u);
  EXPECT_EQ(queue.take_through(3)->notices.size(), 1u);
}

}  // namespace
}  // namespace hoiku::broker
