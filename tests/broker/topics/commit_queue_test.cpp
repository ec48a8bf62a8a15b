#include "broker/core/topics/commit_queue.hpp"

#include <gmock/gmock.h>

#include <string>

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CommitQueueTest : public testing::Test {
 protected:
  void write(std::uint32_t topic) {
    queue.add(TopicId{topic}, nullptr);
    queue.end_commit();
  }
  void await(proto::RequestId request) {
    Notice notice;
    notice.id = request;
    queue.await(std::move(notice));
  }
  // "SEQUENCE:TOPIC" of the writes, then the notices: "SEQUENCE>REQUEST", or "SEQUENCE*FRAME" of posts.
  std::vector<std::string> take_through(std::uint64_t sequence) {
    Commits taken;
    queue.take_through(sequence, taken);
    std::vector<std::string> lines;
    for (const PendingWrite& write : taken.writes)
      lines.push_back(std::to_string(write.sequence) + ":" + std::to_string(static_cast<std::uint32_t>(write.topic)));
    for (const Notice& notice : taken.notices) {
      const bool is_post = notice.post_in != 0;
      lines.push_back(std::to_string(notice.sequence) + (is_post ? "*" : ">") +
                      std::to_string(is_post ? notice.post_in : notice.id));
    }
    return lines;
  }

  CommitQueue queue;
};

TEST_F(CommitQueueTest, GivesSequencesFromOneAndTakesCommitsInOrder) {
  EXPECT_EQ(queue.next_sequence(), 1u);
  for (const std::uint32_t topic : {5u, 6u, 7u}) write(topic);
  EXPECT_EQ(queue.next_sequence(), 4u);
  EXPECT_THAT(take_through(2), ElementsAre("1:5", "2:6"));
  EXPECT_THAT(take_through(2), IsEmpty());
  EXPECT_THAT(take_through(9), ElementsAre("3:7"));
  EXPECT_THAT(take_through(9), IsEmpty());
}

TEST_F(CommitQueueTest, ACommitHasTheWritesSinceTheOneBefore) {
  queue.end_commit();
  EXPECT_EQ(queue.next_sequence(), 1u) << "it would have no write";
  queue.add(TopicId{1}, nullptr);
  queue.add(TopicId{2}, nullptr);
  EXPECT_EQ(queue.next_sequence(), 1u);
  queue.end_commit();
  write(3);
  EXPECT_THAT(take_through(1), ElementsAre("1:1", "1:2"));
}

TEST_F(CommitQueueTest, AWriterWaitsForTheCommitsThatHaveEnded) {
  write(1);
  await(10);
  write(2);
  await(20);
  await(21);  // of a value that is equal to a pending state
  write(3);
  EXPECT_THAT(take_through(1), ElementsAre("1:1", "1>10"));
  EXPECT_THAT(take_through(3), ElementsAre("2:2", "3:3", "2>20", "2>21"));
}

TEST_F(CommitQueueTest, PostsOfAFrameShareANoticeAndOthersDoNot) {
  const auto post = [&](std::uint64_t session, std::uint64_t frame) {
    write(1);
    return queue.await_post(SessionId{session}, frame);
  };
  EXPECT_EQ(post(1, 5), 1u);
  EXPECT_EQ(post(1, 5), 2u);
  EXPECT_EQ(post(2, 5), 3u);
  EXPECT_EQ(post(1, 6), 4u);
  await(9);
  EXPECT_EQ(post(1, 6), 5u);
  EXPECT_THAT(take_through(1), ElementsAre("1:1"));
  EXPECT_THAT(take_through(5), ElementsAre("2:1", "3:1", "4:1", "5:1", "2*5", "3*5", "4*6", "4>9", "5*6"));
}

TEST_F(CommitQueueTest, WithAStoreThatIsLateEachCommitLeavesOnceAndInOrder) {
  std::uint64_t written = 0, taken = 0;
  for (int round = 1; round <= 100; ++round) {
    for (int i = 0; i < 3; ++i) {
      write(static_cast<std::uint32_t>(++written));
      await(written);
    }
    for (int i = 0; i < 2; ++i) {
      const std::string number = std::to_string(++taken);
      ASSERT_THAT(take_through(taken), ElementsAre(number + ":" + number, number + ">" + number));
    }
  }
}

}  // namespace
}  // namespace hoiku::broker
