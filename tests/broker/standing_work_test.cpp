// What a session's readers of a topic, and its waits for it, may add to each transition of the topic.
#include "broker/core/standing_work.hpp"

#include <utility>
#include <vector>

#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

constexpr SessionId session_one{1}, session_two{2};

// What was added, as its owner keeps it.
class StandingWorkTest : public testing::Test {
 protected:
  bool add(SessionId session, std::size_t steps) {
    const auto for_each = [this](const auto& visit) {
      ++enumerated;
      for (const auto& [owner, part] : added) visit(owner, part);
    };
    if (!work.allows(session, steps, 10, for_each)) return false;
    work.add(session, steps);
    added.emplace_back(session, steps);
    return true;
  }
  void remove(std::size_t place) {
    work.remove(added[place].first, added[place].second);
    added.erase(added.begin() + static_cast<std::ptrdiff_t>(place));
  }

  StandingWork work;
  std::vector<std::pair<SessionId, std::size_t>> added;
  int enumerated = 0;
};

TEST_F(StandingWorkTest, EachSessionHasTheLimitForItself) {
  EXPECT_TRUE(add(session_one, 7));
  EXPECT_TRUE(add(session_two, 10));
  EXPECT_TRUE(add(session_one, 3));
  EXPECT_FALSE(add(session_one, 1));
  EXPECT_FALSE(add(session_two, 1));
  EXPECT_EQ(work.total(), 20u);
}

TEST_F(StandingWorkTest, WhatIsRemovedCanBeAddedAgain) {
  ASSERT_TRUE(add(session_one, 7));
  ASSERT_TRUE(add(session_one, 3));
  ASSERT_FALSE(add(session_one, 1));
  remove(0);
  EXPECT_FALSE(add(session_one, 8));
  EXPECT_TRUE(add(session_one, 7));
}

TEST_F(StandingWorkTest, SessionsAreToldApartOnceAndOnlyBeyondTheLimitOfOne) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(add(session_one, 1));
  EXPECT_EQ(enumerated, 0);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(add(session_two, 1));
  EXPECT_EQ(enumerated, 1);
  while (!added.empty()) remove(0);
  EXPECT_EQ(work.total(), 0u);
  ASSERT_TRUE(add(session_one, 10));
  EXPECT_FALSE(add(session_one, 1));
  EXPECT_EQ(enumerated, 2) << "nothing is kept of what was there before";
}

class CoreStandingWork : public RobotAndScreenTest {
 protected:
  CoreStandingWork() {
    start(limited([](Limits& limits) { limits.standing_work_max = 10; }));
  }
  proto::RequestId subscribe(FakeClient& client, const std::string& topic, const std::string& filter = "") {
    proto::Subscribe command;
    command.topics = {topic};
    if (!filter.empty()) command.filter = *Predicate::parse(filter);
    return after_turn(client.subscribe(command));
  }
  proto::RequestId wait(const std::string& predicate, std::chrono::nanoseconds hold = 0ns) {
    return after_turn(screen->wait("a", predicate, hold));
  }
  proto::RequestId after_turn(proto::RequestId id) {
    turn();
    return id;
  }
  std::string why(proto::RequestId id) const { return screen->answered<proto::Failed>(id).failure.message; }
  bool is_open(proto::RequestId id) const { return !screen->has_answer(id); }
};

TEST_F(CoreStandingWork, ReadersOfOneTopicAreLimitedBySession) {
  std::vector<proto::RequestId> readers;
  for (int i = 0; i < 10; ++i) readers.push_back(subscribe(*screen, "a"));
  const auto refused = subscribe(*screen, "a");
  EXPECT_EQ(screen->failed(refused), ErrorCode::limit_exceeded);
  EXPECT_EQ(why(refused),
            "topic 'a': the readers of this session would add more than 10 steps to each transition of one topic (one "
            "for a reader, 4 for each comparison of its filter): read the topic once, and share its values in the "
            "program");
  EXPECT_TRUE(is_open(subscribe(*screen, "b"))) << "another topic";
  const auto other = subscribe(*robot, "a");
  EXPECT_FALSE(robot->has_answer(other)) << "another session";
  screen->unsubscribe(readers.front());
  EXPECT_TRUE(is_open(subscribe(*screen, "a")));
  for (const auto reader : readers) EXPECT_TRUE(is_open(reader));
}

TEST_F(CoreStandingWork, AFilterCostsItsComparisons) {
  set("a", 1);
  EXPECT_TRUE(is_open(subscribe(*screen, "a", "value > 1 && value < 5")));  // nine steps
  EXPECT_FALSE(is_open(subscribe(*screen, "a", "value > 1")));
  EXPECT_TRUE(is_open(subscribe(*screen, "a")));
  EXPECT_FALSE(is_open(subscribe(*screen, "a")));
}

TEST_F(CoreStandingWork, PatternsThatWouldCostANewTopicTooMuchFail) {
  std::vector<proto::RequestId> readers;
  for (int i = 0; i < 12; ++i) readers.push_back(subscribe(*screen, i % 2 == 0 ? "**" : "a"));
  set("a", 1);
  std::size_t failed = 0;
  for (const auto reader : readers) {
    if (is_open(reader)) continue;
    ++failed;
    EXPECT_THAT(why(reader), testing::HasSubstr("steps to each transition of one topic"));
  }
  EXPECT_EQ(failed, 2u);
  set("b", 1);
  EXPECT_EQ(screen->take_deliveries(readers.front()).size(), 2u);
}

TEST_F(CoreStandingWork, ARefusedPatternLeavesNothingBehind) {
  set("a", 1);
  std::vector<proto::RequestId> readers;
  for (int i = 0; i < 10; ++i) readers.push_back(subscribe(*screen, "a"));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(is_open(subscribe(*screen, "*")));
  EXPECT_EQ(statistics().subscriptions, 10u);
  for (const auto reader : readers) screen->unsubscribe(reader);
  turn();
  EXPECT_TRUE(is_open(subscribe(*screen, "*")));
}

TEST_F(CoreStandingWork, WaitsForOneTopicAreLimitedBySession) {
  set("a", 1);
  const auto first = wait("value > 5 && value < 7");  // eight steps
  const auto refused = wait("value > 6 && value < 7");
  EXPECT_EQ(screen->failed(refused), ErrorCode::limit_exceeded);
  EXPECT_EQ(why(refused),
            "topic 'a': the waits of this session would add more than 10 steps to each transition of the topic (4 for "
            "each comparison): wait in one place, and share the result in the program; waits without a hold that "
            "compare the value with one constant are free");
  const auto other = robot->wait("a", "value > 6 && value < 7");
  turn();
  EXPECT_FALSE(robot->has_answer(other)) << "another session";
  screen->cancel(first);
  const auto again = wait("value > 5 && value < 8");
  EXPECT_TRUE(is_open(again));
  set("a", 6);
  EXPECT_TRUE(std::holds_alternative<proto::WaitDone>(screen->answer(again)));
  EXPECT_TRUE(is_open(wait("value > 50 && value < 70"))) << "a wait that matched costs nothing any more";
}

TEST_F(CoreStandingWork, EqualWaitsAreChargedOnce) {
  set("a", 1);
  std::vector<proto::RequestId> waits;
  for (int i = 0; i < 20; ++i) waits.push_back(wait("value > 5 && value < 7"));
  for (const auto id : waits) EXPECT_TRUE(is_open(id));
  for (int i = 0; i < 19; ++i) screen->cancel(waits[static_cast<std::size_t>(i)]);
  turn();
  EXPECT_FALSE(is_open(wait("value > 6 && value < 7"))) << "the last one is charged now";
  screen->cancel(waits.back());
  EXPECT_TRUE(is_open(wait("value > 6 && value < 7")));
}

// The session whose wait was the first has left the group.
TEST_F(CoreStandingWork, WhoStaysInAGroupPaysForIt) {
  set("a", 1);
  const auto first = wait("value > 5 && value < 7");
  robot->wait("a", "value > 5 && value < 7");
  turn();
  screen->cancel(first);
  EXPECT_TRUE(is_open(wait("value > 6 && value < 7")));
  const auto refused = robot->wait("a", "value > 6 && value < 8");
  turn();
  EXPECT_EQ(robot->failed(refused), ErrorCode::limit_exceeded);
}

TEST_F(CoreStandingWork, WaitsThatAreFoundByOrderAreFree) {
  set("a", 1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(is_open(wait("value > " + std::to_string(5 + i))));
  EXPECT_TRUE(is_open(wait("value > 500", 1s)));
  EXPECT_TRUE(is_open(wait("value != 1")));
  EXPECT_FALSE(is_open(wait("value > 501", 1s))) << "a hold is looked at each time";
  set("a", 5000);
  advance(1s);
  EXPECT_EQ(statistics().waits, 0u);
  EXPECT_TRUE(is_open(wait("value < 501", 1s)));
}

// A hold joins a group that was free.
TEST_F(CoreStandingWork, AHoldPaysForTheGroupThatItJoins) {
  set("a", 1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(is_open(wait("value > " + std::to_string(5 + i))));
  EXPECT_TRUE(is_open(wait("value > 5", 1s)));
  EXPECT_TRUE(is_open(wait("value > 6", 1s)));
  const auto third = wait("value > 7", 1s);
  EXPECT_EQ(screen->failed(third), ErrorCode::limit_exceeded);
  set("a", 7);
  EXPECT_EQ(statistics().waits, 3u) << "two holds, and the wait for more than 7, which the refused one has not hurt";
}

TEST_F(CoreStandingWork, AWaitForATransitionIsChargedUntilItsTransition) {
  set("a", 1);
  const auto first = after_turn(screen->wait_transition("a", "value != old_value && value > 0"));
  const auto refused = after_turn(screen->wait_transition("a", "value != old_value && value > 1"));
  EXPECT_EQ(screen->failed(refused), ErrorCode::limit_exceeded);
  set("a", 2);
  EXPECT_TRUE(std::holds_alternative<proto::TransitionDone>(screen->answer(first)));
  EXPECT_TRUE(is_open(after_turn(screen->wait_transition("a", "value != old_value && value > 1"))));
}

}  // namespace
}  // namespace hoiku::broker
