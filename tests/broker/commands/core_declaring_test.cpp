// How long a topic stays declared: until its declaration is taken back, or nobody is left who needs it.
#include <functional>
#include <vector>

#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class CoreDeclaring : public CoreTest {
 protected:
  CoreDeclaring() {
    sensor.connect(1h);
    other.connect(1h);
    screen.connect(1h);
  }
  void set(Value value) {
    screen.set("yaw", std::move(value));
    turn();
  }
  // Whether the topic has a deadline, of 100 ms.
  bool becomes_stale() {
    screen.set("yaw", 0.25);
    screen.set("yaw", 0.5);
    turn();
    advance_by_deadlines(200ms);
    const auto get = screen.get("yaw");
    turn();
    return screen.answered<proto::GetDone>(get).current->quality == Quality::stale;
  }
  void undeclare(FakeClient& client) {
    const auto undeclared = client.undeclare("yaw");
    turn();
    client.answered<proto::Done>(undeclared);
  }

  FakeClient sensor{*this, "imu", 1};
  FakeClient other{*this, "other", 2};
  FakeClient screen{*this, "screen", 3};
};

TEST_F(CoreDeclaring, AMisspeltNameGoesWithTheSessionThatDeclaredIt) {
  sensor.declare("yaww", 100ms);
  turn();
  EXPECT_EQ(statistics().topics, 1u);
  sensor.goodbye();
  turn();
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreDeclaring, ADeclarationStaysWhileASessionThatDeclaredItIsOpen) {
  sensor.declare("yaw", 100ms);
  other.declare("yaw");
  set(0.5);
  set(Value());
  EXPECT_EQ(statistics().topics, 1u);
  sensor.goodbye();
  turn();
  EXPECT_EQ(statistics().topics, 1u);
  EXPECT_TRUE(becomes_stale());
  set(Value());
  other.cut();
  advance_by_deadlines(30min);
  EXPECT_EQ(statistics().topics, 1u);
  advance_by_deadlines(31min);
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreDeclaring, ADeclarationStaysWhileItsTopicIsSet) {
  sensor.declare("yaw", 100ms);
  set(0.5);
  sensor.goodbye();
  turn();
  EXPECT_TRUE(becomes_stale());
  set(Value());
  EXPECT_EQ(statistics().topics, 0u);
  EXPECT_FALSE(becomes_stale());
}

TEST_F(CoreDeclaring, ADeclarationGoesAlsoIfItsTopicIsSetAgainAtOnce) {
  const std::vector<std::function<void()>> unsets{
      [&] { screen.set("yaw", Value()); },
      [&] {
        screen.commit({{"yaw", Value(), {}, {}}});
      },
      [&] { screen.release(screen.own("yaw", Value())); },
  };
  for (const auto& unset : unsets) {
    sensor.declare("yaw", 100ms);
    set(0.5);
    sensor.goodbye();
    turn();
    unset();
    screen.set("yaw", 0.5);
    turn();
    EXPECT_FALSE(becomes_stale()) << "nobody is left who declares it";
    sensor.connect(1h);
  }
}

TEST_F(CoreDeclaring, ADeclarationStaysWhileItsTopicIsOwned) {
  sensor.declare("yaw", 100ms);
  turn();
  const auto lease = other.own("yaw");
  sensor.goodbye();
  turn();
  EXPECT_EQ(statistics().topics, 1u);
  other.release(lease);
  turn();
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreDeclaring, ADeclarationEndsWithItsTopicAlsoIfTheNextWriteComesInTheSameTurn) {
  sensor.declare("yaw", 100ms);
  sensor.declare_type("yaw", ValueType::float64);
  set(0.5);
  sensor.goodbye();
  turn();
  const auto unset = screen.set("yaw", Value());
  const auto text = screen.set("yaw", "left");
  turn();
  EXPECT_TRUE(screen.answered<proto::SetDone>(unset).changed);
  EXPECT_TRUE(screen.answered<proto::SetDone>(text).changed);
  set(Value());
  EXPECT_FALSE(becomes_stale());
}

TEST_F(CoreDeclaring, WhoWatchesKeepsNoDeclaration) {
  sensor.declare_type("yaw", ValueType::int64);
  sensor.declare("yaw", 100ms);
  screen.subscribe({"yaw"});
  screen.wait("yaw", "value > 100");
  sensor.goodbye();
  turn();
  EXPECT_EQ(statistics().topics, 1u);
  EXPECT_FALSE(becomes_stale());
}

TEST_F(CoreDeclaring, WhatWasTakenBackIsAsIfItHadNeverBeenDeclared) {
  sensor.declare_type("yaw", ValueType::int64);
  sensor.declare("yaw", 100ms, 1000);
  for (int i = 1; i <= 100; ++i) set(i);
  undeclare(sensor);
  advance(1ms);
  const auto lagged = screen.wait_transition("yaw", "", version("yaw", 2));
  turn();
  EXPECT_EQ(screen.failed(lagged), ErrorCode::lagged);
  set(Value());
  EXPECT_EQ(statistics().topics, 0u);
  EXPECT_FALSE(becomes_stale());
}

TEST_F(CoreDeclaring, WhatIsNotDeclaredCanBeTakenBack) {
  undeclare(sensor);
  EXPECT_EQ(statistics().topics, 0u);
  set(0.5);
  undeclare(sensor);
  EXPECT_EQ(statistics().topics, 1u);
}

TEST_F(CoreDeclaring, OnlyItsDeclarersTakeADeclarationBackWhileTheyAreOpen) {
  sensor.declare("yaw", 100ms);
  other.declare("yaw");
  const auto refused = screen.undeclare("yaw");
  turn();
  EXPECT_EQ(screen.failed(refused), ErrorCode::not_owner);
  EXPECT_THAT(screen.answered<proto::Failed>(refused).failure.message, testing::HasSubstr("'imu'"));
  undeclare(sensor);
  EXPECT_TRUE(becomes_stale());
  undeclare(other);
  EXPECT_FALSE(becomes_stale());
}

TEST_F(CoreDeclaring, AnybodyTakesBackWhatNobodyIsLeftToTakeBack) {
  sensor.declare("yaw", 100ms);
  set(0.5);
  sensor.goodbye();
  turn();
  undeclare(screen);
  EXPECT_FALSE(becomes_stale());
}

TEST_F(CoreDeclaring, ALastWillKeepsTheTypeWhenTheDeclarationIsTakenBack) {
  sensor.declare_type("yaw", ValueType::int64);
  const auto lease = sensor.own("yaw", 7);
  turn();
  undeclare(sensor);
  const auto text = sensor.set("yaw", "north");
  turn();
  EXPECT_EQ(sensor.failed(text), ErrorCode::type_mismatch);
  sensor.release(lease);
  sensor.set("yaw", Value());
  const auto again = sensor.set("yaw", "north");
  turn();
  EXPECT_EQ(sensor.answered<proto::SetDone>(again).version.number, 3u);
}

TEST_F(CoreDeclaring, ATopicOfTheBrokerIsNotDeclaredByAnybody) {
  const auto refused = screen.undeclare("$hoiku/broker/topics");
  const auto bad = screen.undeclare("a//b");
  turn();
  EXPECT_EQ(screen.failed(refused), ErrorCode::permission_denied);
  EXPECT_EQ(screen.failed(bad), ErrorCode::invalid_topic);
}

TEST_F(CoreDeclaring, ASessionDeclaresSoManyTopics) {
  restart(limited([](Limits& limits) { limits.declarations_per_session_max = 2; }));
  sensor.connect(1h);
  other.connect(1h);
  sensor.declare("a");
  sensor.declare("b");
  const auto again = sensor.declare("a", 1s);
  const auto refused = sensor.declare("c");
  const auto elsewhere = other.declare("c");
  turn();
  sensor.answered<proto::Done>(again);
  EXPECT_EQ(sensor.failed(refused), ErrorCode::limit_exceeded);
  other.answered<proto::Done>(elsewhere);
  EXPECT_EQ(statistics().topics, 3u);
  sensor.undeclare("a");
  const auto room = sensor.declare("d");
  turn();
  sensor.answered<proto::Done>(room);
}

}  // namespace
}  // namespace hoiku::broker
