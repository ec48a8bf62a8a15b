#include "broker/core/sessions/request_life.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// One session, and the modules that know what it keeps open.
class RequestLifeTest : public testing::Test {
 protected:
  RequestLifeTest() { session.name = SharedText("robot"); }
  TopicId topic(const std::string& name) { return *requests.find_or_create(name); }
  Lease& own(proto::RequestId id, TopicId topic, Value last_will, std::optional<TimePoint> until = {}) {
    Lease& lease = session.requests.add(id, std::make_unique<Lease>(), last_will.payload_bytes());
    lease.owner = session.id;
    lease.id = id;
    lease.topic = topic;
    lease.last_will = std::move(last_will);
    leases.begin(lease, until);
    return lease;
  }
  void wait(proto::RequestId id, TopicId topic, std::chrono::nanoseconds expires_after = 0ns) {
    Wait& wait = session.requests.add(id, std::make_unique<Wait>(), 0);
    wait.owner = session.id;
    wait.id = id;
    wait.topic = topic;
    wait.expires_after = expires_after;
    EXPECT_FALSE(*waits.arm(wait, WaitedTopic{ValueType::int64, topics[topic].committed(), {}}, now.monotonic));
  }
  void subscribe(proto::RequestId id, TopicId topic) {
    SubscriptionOptions options;
    options.owner = session.id;
    options.id = id;
    auto made = std::make_unique<Subscription>(options, session.outbox.queue());
    Subscription& subscription = session.requests.add(id, std::move(made), 0);
    subscriptions.open(subscription);
    EXPECT_TRUE(subscriptions.attach(subscription, topic, 0, StartPosition()));
  }
  // The broker's commits until now, each with its transitions.
  std::vector<Record> commits() {
    auto records = log.take_records();
    Commits taken;
    log.take_through(log.next_revision(), taken);
    for (const PendingWrite& write : taken.writes) log.commit(write, now.monotonic);
    return records;
  }
  std::size_t answers() const { return session.outbox.reader_answers(); }

  Limits limits;
  Instant now{};
  TopicTable topics{TopicTableOptions{limits, 1}};
  Histories histories{limits};
  TopicPins pins;
  Leases leases;
  Declarations declarations;
  CommitLog log{limits, topics, histories, leases, now};
  Subscriptions subscriptions{limits};
  Waits waits{limits};
  PeerTable peers;
  SessionTable sessions{limits, 1, peers};
  TopicLife life{topics, histories, subscriptions, waits, leases, declarations, pins};
  RequestLife requests{limits, topics, subscriptions, waits, leases, pins, log, sessions, life};
  Session& session = sessions.open(proto::SessionToken{}, "");
};

TEST_F(RequestLifeTest, AClosedLeaseLeavesItsLastWillAndIsNotAnswered) {
  const TopicId a = topic("a");
  own(1, a, 7);
  requests.close(session, 1);
  EXPECT_EQ(leases.size(), 0u);
  EXPECT_EQ(session.requests.size(), 0u);
  EXPECT_EQ(answers(), 0u);
  ASSERT_THAT(commits(), SizeIs(1));
  EXPECT_EQ(topics[a].committed()->value(), Value(7));
  EXPECT_EQ(topics[a].committed()->quality(), Quality::orphaned);
  EXPECT_EQ(topics[a].committed()->writer(), "robot");
}

TEST_F(RequestLifeTest, TheLastWillsOfASessionAreOneCommit) {
  const TopicId a = topic("a"), b = topic("b");
  own(1, a, 7);
  own(2, b, 8);
  Effects effects = requests.close_all(session);
  EXPECT_THAT(effects.released, UnorderedElementsAre(a, b));
  sessions.remove(session);
  requests.apply(std::move(effects));
  const auto records = commits();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_THAT(records[0].transitions, SizeIs(2));
  EXPECT_EQ(leases.size(), 0u);
}

TEST_F(RequestLifeTest, ARevokedLeaseLeavesNoLastWillAndItsOwnerIsAnswered) {
  const TopicId a = topic("a");
  requests.revoke(own(1, a, 7), "another client takes over");
  EXPECT_EQ(leases.find(a), nullptr);
  EXPECT_EQ(session.requests.size(), 0u);
  EXPECT_EQ(answers(), 1u);
  EXPECT_THAT(commits(), IsEmpty());
}

TEST_F(RequestLifeTest, WhatExpiresEndsOnceALeaseWithAnAnswerAndAWaitWithout) {
  own(1, topic("a"), 7, now.monotonic + 1s);
  wait(2, topic("b"), 1s);
  requests.expire_leases(now.monotonic + 1s - 1ns);
  requests.expire_waits(now.monotonic + 2s - 1ns);  // a second after nobody waits for it any more
  EXPECT_EQ(session.requests.size(), 2u);
  const TimePoint due = now.monotonic + 2s;
  for (int times = 0; times < 2; ++times) {
    requests.expire_leases(due);
    requests.expire_waits(due);
    EXPECT_EQ(session.requests.size(), 0u);
    EXPECT_EQ(answers(), 1u);
  }
  EXPECT_THAT(commits(), SizeIs(1));
  EXPECT_FALSE(topics.find("b"));
}

TEST_F(RequestLifeTest, ATopicIsRemovedWithTheLastRequestThatNeedsIt) {
  const TopicId a = topic("a");
  wait(1, a);
  subscribe(2, a);
  requests.close(session, 1);
  EXPECT_TRUE(topics.find("a"));
  requests.close(session, 2);
  EXPECT_FALSE(topics.find("a"));
}

TEST_F(RequestLifeTest, ASubscriptionThatFailsTwiceIsAnsweredOnce) {
  subscribe(1, topic("a"));
  const FailedSubscription failed{session.id, 1, {ErrorCode::limit_exceeded, "too slow"}};
  requests.fail_all({failed, failed});
  EXPECT_EQ(answers(), 1u);
  EXPECT_EQ(session.requests.size(), 0u);
  EXPECT_EQ(subscriptions.size(), 0u);
}

TEST_F(RequestLifeTest, TheQuotaCountsOpenRequestsAndAnswersThatNobodyTakes) {
  limits.subscriptions_per_session_max = 2;
  limits.open_request_bytes_max = 100;
  wait(1, topic("a"));
  EXPECT_EQ(requests.check_quota(session, 1, 0, "a").failure().code, ErrorCode::protocol_violation);
  EXPECT_EQ(requests.check_quota(session, 2, 101, "a").failure().code, ErrorCode::limit_exceeded);
  EXPECT_TRUE(requests.check_quota(session, 2, 100, "a"));
  requests.revoke(own(2, topic("b"), 7), "another client takes over");
  EXPECT_EQ(requests.check_quota(session, 3, 0, "a").failure().code, ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace hoiku::broker
