// Subscriptions with a maximum rate: at most one delivery per topic and interval, with the committed state at its end.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using proto::Mode;
using testing::ElementsAre;
using testing::IsEmpty;

proto::Subscribe rated(std::vector<std::string> topics, std::chrono::nanoseconds interval) {
  proto::Subscribe command;
  command.topics = std::move(topics);
  command.interval = interval;
  return command;
}

class CoreRate : public CoreTest {
 protected:
  CoreRate() {
    robot.connect(1h);
    screen.connect(1h);
  }
  void set(const std::string& topic, Value value) {
    robot.set(topic, std::move(value));
    turn();
  }
  proto::RequestId read(const proto::Subscribe& command) {
    const auto id = screen.subscribe(command);
    turn();
    return id;
  }
  std::vector<Value> take_sent() {
    std::vector<Value> values;
    for (const auto& delivery : std::exchange(screen.deliveries, {})) values.push_back(delivery.transition->value);
    return values;
  }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
};

TEST_F(CoreRate, TheCommittedStateIsSentWhenTheIntervalEnds) {
  set("a", 1);
  read(rated({"a"}, 100ms));
  EXPECT_THAT(take_sent(), ElementsAre(Value(1)));
  set("a", 2);
  set("a", 3);
  EXPECT_THAT(take_sent(), IsEmpty());
  EXPECT_EQ(core->next_deadline(), now + 100ms);
  advance_by_deadlines(99ms);
  EXPECT_THAT(take_sent(), IsEmpty());
  advance_by_deadlines(1ms);
  EXPECT_THAT(take_sent(), ElementsAre(Value(3)));
  EXPECT_EQ(statistics().conflated, 1u);
}

TEST_F(CoreRate, AQuietTopicIsSentAtOnce) {
  read(rated({"*"}, 100ms));
  set("a", 1);
  EXPECT_THAT(take_sent(), ElementsAre(Value(1)));
  advance(100ms);
  set("a", 2);
  EXPECT_THAT(take_sent(), ElementsAre(Value(2)));
  set("b", 3);  // another topic has an interval of its own
  EXPECT_THAT(take_sent(), ElementsAre(Value(3)));
}

TEST_F(CoreRate, NoTimerRunsWhenNothingIsDue) {
  robot.goodbye();
  read(rated({"a"}, 100ms));
  EXPECT_GT(*core->next_deadline(), now + 1h - 1s);  // the session's
}

TEST_F(CoreRate, AReaderClosedWithinItsIntervalLeavesNothing) {
  const auto id = read(rated({"a"}, 100ms));
  set("a", 1);
  set("a", 2);
  screen.unsubscribe(id);
  turn();
  EXPECT_GT(*core->next_deadline(), now + 1h - 1s);
  screen.goodbye();
  set("a", Value());
  robot.goodbye();
  turn();
  expect_nothing_left();
}

TEST_F(CoreRate, AReaderWithinItsIntervalDoesNotDelayCompleteness) {
  read(rated({"a"}, 1h));
  screen.subscribe(std::vector<std::string>{"a"});
  set("a", 1);
  set("a", 2);
  EXPECT_EQ(screen.complete_through, 2u);
}

TEST_F(CoreRate, AFilteredReaderGetsTheLastStateThatPassed) {
  proto::Subscribe command = rated({"a"}, 100ms);
  command.filter = *Predicate::parse("value > 3");
  read(command);
  for (const int value : {5, 6, 1, 7, 2}) set("a", value);
  EXPECT_THAT(take_sent(), ElementsAre(Value(5)));
  advance_by_deadlines(100ms);
  ASSERT_EQ(screen.deliveries.size(), 1u);
  EXPECT_EQ(screen.deliveries[0].transition->value, Value(7));
  EXPECT_EQ(screen.deliveries[0].filtered, 1u);
}

TEST_F(CoreRate, InvalidIntervalsAreRefused) {
  proto::Subscribe every = rated({"a"}, 100ms);
  every.mode = Mode::every;
  for (const auto& command :
       {every, rated({"a", "b"}, 100ms), rated({"a"}, -1ns), rated({"a"}, Limits().hold_max + 1ns)}) {
    EXPECT_EQ(screen.failed(read(command)), ErrorCode::invalid_argument);
  }
  EXPECT_EQ(statistics().subscriptions, 0u);
}

}  // namespace
}  // namespace hoiku::broker
