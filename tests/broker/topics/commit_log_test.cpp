#include "broker/core/topics/commit_log.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

namespace hoiku::broker {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class CommitLogTest : public testing::Test {
 protected:
  // Makes `value` the pending state of the topic, as a part of the next commit.
  Topic::Applied apply(TopicId id, Value value) {
    static const std::optional<Version> any_version;
    static const std::optional<WallTime> no_time;
    static const SharedText writer("writer");
    return log.apply(id, Update{value, any_version, no_time, writer}, log.next_revision());
  }
  static Notice notice(proto::RequestId request) { return {SessionId{1}, request, 0, nullptr, true, nullptr}; }
  TopicWrites write(TopicId id, Value value) { return {TopicWrite{id, apply(id, std::move(value)).state}}; }

  Limits limits;
  Instant now{};
  TopicTable topics{TopicTableOptions{limits, 1}};
  Histories histories{limits};
  Leases leases;
  CommitLog log{limits, topics, histories, leases, now};
  const TopicId a = *topics.create("a");
  const TopicId b = *topics.create("b");
};

TEST_F(CommitLogTest, ReadersSeeACommitWhenTheStoreHasItsRecordAndNotBefore) {
  EXPECT_FALSE(log.submit(write(a, 1), 0, notice(1)));
  const auto records = log.take_records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].sequence, 1u);
  EXPECT_THAT(log.take_records(), IsEmpty());
  EXPECT_EQ(topics[a].committed(), nullptr);
  EXPECT_FALSE(log.take_through(0));

  const auto commit = log.take_through(1);
  ASSERT_TRUE(commit);
  const auto replaced = log.commit(*commit, now.monotonic);
  ASSERT_THAT(replaced, SizeIs(1));
  EXPECT_EQ(replaced[0], nullptr);
  EXPECT_EQ(topics[a].committed()->value(), Value(1));
  EXPECT_EQ(log.revision(), 1u);
  EXPECT_EQ(log.commits(), 1u);
  EXPECT_THAT(commit->notices, SizeIs(1));
}

TEST_F(CommitLogTest, AllTopicsOfACommitAreInOneRecordAndOneRevision) {
  TopicWrites writes = write(a, 1);
  writes.push_back({b, apply(b, 2).state});
  EXPECT_FALSE(log.submit(std::move(writes), 0, notice(1)));
  const auto records = log.take_records();
  ASSERT_THAT(records, SizeIs(1));
  ASSERT_THAT(records[0].transitions, SizeIs(2));
  for (const State& state : records[0].transitions) EXPECT_EQ(state->revision(), records[0].sequence);
  log.commit(*log.take_through(1), now.monotonic);
  EXPECT_EQ(topics[a].committed()->revision(), topics[b].committed()->revision());
}

TEST_F(CommitLogTest, AReplacedStateGoesIntoTheHistory) {
  EXPECT_FALSE(log.submit(write(a, 1), 0, notice(1)));
  EXPECT_FALSE(log.submit(write(a, 2), 0, notice(2)));
  while (const auto commit = log.take_through(2)) log.commit(*commit, now.monotonic);
  ASSERT_NE(histories.find(a, 1), nullptr);
  EXPECT_EQ(histories.find(a, 1)->value(), Value(1));
  EXPECT_EQ(topics[a].committed()->value(), Value(2));
}

TEST_F(CommitLogTest, AnEqualWriteIsAnsweredWithThePendingCommitOrAtOnce) {
  EXPECT_FALSE(log.submit(write(a, 1), 0, notice(1)));
  const Topic::Applied equal = apply(a, 1);
  EXPECT_FALSE(equal.changed);
  EXPECT_FALSE(log.submit({}, equal.state->revision(), notice(2)));
  EXPECT_THAT(log.take_through(1)->notices, SizeIs(2));
  EXPECT_TRUE(log.submit({}, 0, notice(3)));
  EXPECT_THAT(log.take_records(), SizeIs(1));
}

TEST_F(CommitLogTest, TheValuesOfAllTopicsAndAllLastWillsShareOneLimit) {
  limits.values_bytes_max = 20;
  Lease lease;
  lease.topic = b;
  lease.last_will = Value(std::string(6, 'x'));
  leases.begin(lease, std::nullopt);
  EXPECT_FALSE(log.submit(write(a, std::string(10, 'x')), 0, notice(1)));
  EXPECT_TRUE(log.check_room("b", 4, 0));
  EXPECT_FALSE(log.check_room("b", 5, 0));
  EXPECT_TRUE(log.check_room("a", 14, 10));
  EXPECT_FALSE(log.check_room("a", 15, 10));
  EXPECT_TRUE(log.check_room("a", 10, 10));
  leases.end(lease);
  EXPECT_TRUE(log.check_room("b", 10, 0));
}

TEST_F(CommitLogTest, AnInternalWriteIsACommitWithoutANoticeIfItChangesSomething) {
  now.wall = WallTime{std::chrono::seconds(9)};
  TopicWrites writes;
  log.write_internal(writes, a, Value(1), Quality::orphaned, SharedText("hoikud"));
  ASSERT_THAT(writes, SizeIs(1));
  EXPECT_EQ(writes[0].state->quality(), Quality::orphaned);
  EXPECT_EQ(writes[0].state->changed_at(), now.wall);
  log.submit_internal(std::move(writes));
  EXPECT_THAT(log.take_through(1)->notices, IsEmpty());

  TopicWrites unchanged;
  log.write_internal(unchanged, a, Value(1), Quality::orphaned, SharedText("hoikud"));
  EXPECT_THAT(unchanged, IsEmpty());
  log.take_records();
  log.submit_internal(std::move(unchanged));
  EXPECT_THAT(log.take_records(), IsEmpty());
}

}  // namespace
}  // namespace hoiku::broker
