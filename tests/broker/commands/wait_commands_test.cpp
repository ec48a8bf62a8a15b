#include "broker/core/commands/wait.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace hoiku::broker {
namespace {

// Waits without frames: the modules that WaitCommands uses, and two sessions.
class WaitCommandsTest : public testing::Test {
 protected:
  static proto::SessionToken token(std::uint8_t last) {
    proto::SessionToken made{};
    made.back() = last;
    return made;
  }
  // Sets the topic, and commits the write at once.
  void set(const std::string& name, Value value) {
    const TopicId id = *requests.find_or_create(name);
    log.write_internal(id, value, Quality::live, SharedText("writer"));
    log.end_commit();
    Commits taken;
    log.take_through(log.next_revision(), taken);
    for (const PendingWrite& write : taken.writes) log.commit(write, now.monotonic);
  }
  static proto::Wait wait(proto::RequestId id, const std::string& predicate = "") {
    proto::Wait command;
    command.id = id;
    command.topic = "a";
    if (!predicate.empty()) command.predicate = Predicate::parse(predicate).value();
    return command;
  }
  proto::WaitTransition wait_after(proto::RequestId id, std::uint64_t number, const std::string& predicate) {
    proto::WaitTransition command;
    command.id = id;
    command.topic = "a";
    command.after = Version{topics[*topics.find("a")].committed()->version().epoch, number};
    command.predicate = Predicate::parse(predicate).value();
    return command;
  }

  Limits limits;
  Instant now{};
  TurnBudget budget{1000};
  TopicTable topics{TopicTableOptions{limits, 1}};
  Histories histories{limits};
  TopicStates states{topics, histories};
  TopicPins pins;
  Leases leases;
  Declarations declarations;
  Schemas schemas{limits};
  CommitLog log{limits, topics, histories, leases, now};
  Subscriptions subscriptions{limits, &schemas};
  Waits waits{limits};
  PastSearch past{topics, states, schemas, budget};
  PeerTable peers;
  SessionTable sessions{limits, 1, peers};
  TopicLife life{topics, histories, subscriptions, waits, leases, declarations, pins};
  RequestLife requests{limits, topics, subscriptions, waits, leases, pins, log, sessions, life};
  BrokerTopics broker_topics{topics, subscriptions, waits, log, sessions, requests, now, [] { return Statistics(); }};
  WaitCommands commands{limits, topics, schemas, waits, past, pins, sessions, life, requests, broker_topics, budget};
  Session& session = sessions.open(token(1), "");
  Session& other = sessions.open(token(2), "");
};

TEST_F(WaitCommandsTest, AWaitThatMatchesAlreadyIsAnsweredAndNotKept) {
  set("a", 5);
  commands.execute(session, wait(1, "value == 5"), now);
  EXPECT_EQ(session.outbox.reader_answers(), 1u);
  EXPECT_FALSE(session.requests.contains(1));
  EXPECT_EQ(waits.size(), 0u);
}

TEST_F(WaitCommandsTest, AWaitIsKeptAndKeepsItsTopicUntilItIsCancelled) {
  commands.execute(session, wait(1, "value == 5"), now);
  EXPECT_NE(session.requests.find<Wait>(1), nullptr);
  EXPECT_EQ(session.outbox.reader_answers(), 0u);
  ASSERT_TRUE(topics.find("a"));

  commands.execute(session, proto::CancelWait{2, 1});
  EXPECT_FALSE(session.requests.contains(1));
  EXPECT_FALSE(topics.find("a"));
}

TEST_F(WaitCommandsTest, ARefusedWaitIsARequestAndLeavesNoTopic) {
  proto::Wait command = wait(1);
  command.hold = std::chrono::nanoseconds(-1);
  commands.execute(session, command, now);
  EXPECT_EQ(session.outbox.requests_in_flight(), 1u);
  EXPECT_FALSE(session.requests.contains(1));
  EXPECT_FALSE(topics.find("a"));
}

TEST_F(WaitCommandsTest, AWaitForAnOldTransitionIsAnsweredFromTheHistory) {
  for (int value : {1, 2, 3}) set("a", value);
  commands.execute(session, wait_after(1, 1, "value == 2"), now);
  EXPECT_EQ(session.outbox.reader_answers(), 1u);
  EXPECT_FALSE(session.requests.contains(1));
}

TEST_F(WaitCommandsTest, WithoutBudgetASearchIsPostponedAndKeepsItsTopic) {
  for (int value : {1, 2, 3}) set("a", value);
  budget.spend(budget.left());
  commands.execute(session, wait_after(1, 1, "value == 2"), now);
  EXPECT_NE(session.requests.find<PostponedWait>(1), nullptr);
  EXPECT_TRUE(pins.is_pinned(*topics.find("a")));
  EXPECT_TRUE(commands.has_postponed());

  budget.renew();
  commands.resume_postponed(now);
  EXPECT_EQ(session.outbox.reader_answers(), 1u);
  EXPECT_FALSE(commands.has_postponed());
  EXPECT_FALSE(pins.is_pinned(*topics.find("a")));
}

TEST_F(WaitCommandsTest, PostponedWaitsOfSeveralSessionsTakeTurns) {
  for (int value : {1, 2, 3}) set("a", value);
  budget.spend(budget.left());
  for (const proto::RequestId id : {1u, 2u, 3u}) commands.execute(session, wait_after(id, 1, "value == 2"), now);
  commands.execute(other, wait_after(1, 1, "value == 2"), now);

  // Waits have half of the budget: each costs one step to resume, and two for its states.
  budget = TurnBudget(12);
  commands.resume_postponed(now);
  EXPECT_EQ(session.outbox.reader_answers(), 1u);
  EXPECT_EQ(other.outbox.reader_answers(), 1u);
  EXPECT_TRUE(commands.has_postponed());
}

}  // namespace
}  // namespace hoiku::broker
