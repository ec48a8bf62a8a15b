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
    return log.apply(id, Update{value, any_version, no_time, writer});
  }
  void write(TopicId id, Value value) {
    apply(id, std::move(value));
    log.end_commit();
  }
  Commits take_through(std::uint64_t sequence) {
    Commits taken;
    log.take_through(sequence, taken);
    return taken;
  }

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
  write(a, 1);
  const auto records = log.take_records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].sequence, 1u);
  EXPECT_THAT(log.take_records(), IsEmpty());
  EXPECT_EQ(topics[a].committed(), nullptr);
  EXPECT_THAT(take_through(0).writes, IsEmpty());

  const auto commit = take_through(1).writes;
  ASSERT_THAT(commit, SizeIs(1));
  EXPECT_EQ(log.commit(commit[0], now.monotonic), nullptr);
  log.committed(1);
  EXPECT_EQ(topics[a].committed()->value(), Value(1));
  EXPECT_EQ(log.revision(), 1u);
  EXPECT_EQ(log.commits(), 1u);
}

TEST_F(CommitLogTest, AllTopicsOfACommitAreInOneRecordAndOneRevision) {
  apply(a, 1);
  write(b, 2);
  write(a, 3);
  const auto records = log.take_records();
  ASSERT_THAT(records, SizeIs(2));
  ASSERT_THAT(records[0].transitions, SizeIs(2));
  for (const State& state : records[0].transitions) EXPECT_EQ(state->revision(), records[0].sequence);
  EXPECT_THAT(records[1].transitions, SizeIs(1));
  for (const PendingWrite& write : take_through(1).writes) log.commit(write, now.monotonic);
  EXPECT_EQ(topics[a].committed()->revision(), topics[b].committed()->revision());
}

TEST_F(CommitLogTest, AReplacedStateGoesIntoTheHistory) {
  write(a, 1);
  write(a, 2);
  for (const PendingWrite& write : take_through(2).writes) log.commit(write, now.monotonic);
  ASSERT_NE(histories.find(a, 1), nullptr);
  EXPECT_EQ(histories.find(a, 1)->value(), Value(1));
  EXPECT_EQ(topics[a].committed()->value(), Value(2));
}

TEST_F(CommitLogTest, AnEqualWriteMakesNoCommit) {
  write(a, 1);
  EXPECT_FALSE(apply(a, 1).changed);
  log.end_commit();
  EXPECT_EQ(log.next_revision(), 2u);
  EXPECT_THAT(log.take_records(), SizeIs(1));
}

TEST_F(CommitLogTest, TheValuesOfAllTopicsAndAllLastWillsShareOneLimit) {
  limits.values_bytes_max = 20;
  Lease lease;
  lease.topic = b;
  lease.last_will = Value(std::string(6, 'x'));
  leases.begin(lease, std::nullopt);
  write(a, std::string(10, 'x'));
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
  log.write_internal(a, Value(1), Quality::orphaned, SharedText("hoikud"));
  log.end_commit();
  log.write_internal(a, Value(1), Quality::orphaned, SharedText("hoikud"));
  log.write_internal(a, Value("a text"), Quality::orphaned, SharedText("hoikud"));
  log.end_commit();
  const Commits taken = take_through(2);
  ASSERT_THAT(taken.writes, SizeIs(1));
  EXPECT_EQ(taken.writes[0].state->quality(), Quality::orphaned);
  EXPECT_EQ(taken.writes[0].state->changed_at(), now.wall);
  EXPECT_THAT(taken.notices, IsEmpty());
  EXPECT_THAT(log.take_records(), SizeIs(1));
}

}  // namespace
}  // namespace hoiku::broker
