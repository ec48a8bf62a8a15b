// Declared topics: deadlines, histories and types; and the effect of a quality on waits.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class CoreQuality : public CoreTest {
 protected:
  CoreQuality() {
    sensor.connect(1h);
    screen.connect(1h);
  }
  void declare_deadline(std::chrono::nanoseconds deadline) {
    const auto declared = sensor.declare("yaw", deadline);
    turn();
    sensor.answered<proto::Done>(declared);
  }
  const Transition& committed() {
    const auto get = screen.get("yaw");
    turn();
    return *screen.answered<proto::GetDone>(get).current;
  }
  void set(Value value) {
    sensor.set("yaw", std::move(value));
    turn();
  }

  FakeClient sensor{*this, "imu", 1};
  FakeClient screen{*this, "screen", 2};
};

TEST_F(CoreQuality, AValueThatIsNotWrittenForItsDeadlineIsStale) {
  declare_deadline(100ms);
  set(1.5);
  advance_by_deadlines(99ms);
  EXPECT_EQ(committed().quality, Quality::live);
  advance_by_deadlines(1ms);
  EXPECT_EQ(committed().quality, Quality::stale);
  EXPECT_EQ(committed().value, Value(1.5));
  EXPECT_EQ(committed().version.number, 2u);
  EXPECT_EQ(committed().writer, "imu");
  advance_by_deadlines(10s);
  EXPECT_EQ(committed().version.number, 2u);
}

TEST_F(CoreQuality, ATouchKeepsItLiveAndMakesNoTransition) {
  declare_deadline(100ms);
  for (int i = 0; i < 5; ++i) {
    set(1.5);
    advance_by_deadlines(60ms);
  }
  EXPECT_EQ(committed().version.number, 1u);
  sensor.commit({proto::TopicWrite{"yaw", 1.5, {}, {}}});
  advance_by_deadlines(99ms);
  EXPECT_EQ(committed().quality, Quality::live);
}

TEST_F(CoreQuality, ATouchEndsStalenessWithATransition) {
  declare_deadline(100ms);
  set(1.5);
  advance_by_deadlines(200ms);
  const auto touch = sensor.set("yaw", 1.5);
  turn();
  EXPECT_TRUE(sensor.answered<proto::SetDone>(touch).changed);
  EXPECT_EQ(committed().quality, Quality::live);
  EXPECT_EQ(committed().version.number, 3u);
  advance_by_deadlines(100ms);
  EXPECT_EQ(committed().quality, Quality::stale);
}

TEST_F(CoreQuality, ARefusedWriteIsNoTouch) {
  declare_deadline(100ms);
  set(1.5);
  advance_by_deadlines(60ms);
  sensor.set("yaw", "north");
  sensor.set("yaw", 2.5, Version{1, 7});
  turn();
  advance_by_deadlines(40ms);
  EXPECT_EQ(committed().quality, Quality::stale);
}

TEST_F(CoreQuality, AnUnsetTopicDoesNotBecomeStale) {
  declare_deadline(100ms);
  advance_by_deadlines(1s);
  EXPECT_EQ(committed().version.number, 0u);
  set(1.5);
  set(Value());
  advance_by_deadlines(1s);
  EXPECT_EQ(committed().version.number, 2u);
}

TEST_F(CoreQuality, WaitingInputIsReadBeforeADeadlineIsJudged) {
  declare_deadline(100ms);
  set(1.5);
  now += 5s;  // the broker was paused
  sensor.set("yaw", 2.5);
  core->advance(at());
  turn();
  EXPECT_EQ(committed().quality, Quality::live);
}

TEST_F(CoreQuality, AnOrphanedTopicDoesNotBecomeStale) {
  declare_deadline(100ms);
  const auto lease = sensor.own("yaw", 0.0);
  set(1.5);
  sensor.release(lease);
  turn();
  advance_by_deadlines(1s);
  EXPECT_EQ(committed().quality, Quality::orphaned);
  EXPECT_EQ(committed().version.number, 2u);
}

TEST_F(CoreQuality, ADeadlineCanBeChangedAndRemoved) {
  declare_deadline(100ms);
  set(1.5);
  declare_deadline(1s);
  advance_by_deadlines(999ms);
  EXPECT_EQ(committed().quality, Quality::live);
  declare_deadline(0ns);
  advance_by_deadlines(10s);
  EXPECT_EQ(committed().quality, Quality::live);
  declare_deadline(100ms);  // begins to count now
  advance_by_deadlines(99ms);
  EXPECT_EQ(committed().quality, Quality::live);
  advance_by_deadlines(1ms);
  EXPECT_EQ(committed().quality, Quality::stale);
}

TEST_F(CoreQuality, AnEqualDeclarationChangesNothing) {
  declare_deadline(100ms);
  set(1.5);
  advance_by_deadlines(60ms);
  declare_deadline(100ms);
  sensor.declare("yaw");
  turn();
  advance_by_deadlines(40ms);
  EXPECT_EQ(committed().quality, Quality::stale);
}

TEST_F(CoreQuality, TheDeadlineOutlivesTheDeclaringSession) {
  declare_deadline(100ms);
  set(1.5);
  sensor.goodbye();
  turn();
  advance_by_deadlines(100ms);
  EXPECT_EQ(committed().quality, Quality::stale);
}

// ---- Waits

TEST_F(CoreQuality, AHoldDoesNotCountWhileTheValueIsStale) {
  declare_deadline(100ms);
  set(1.5);
  const auto hold = screen.wait("yaw", "value > 1", 150ms);
  const auto unchanged = screen.wait("yaw", "", 150ms);
  turn();
  advance_by_deadlines(1s);  // stale at 100 ms
  EXPECT_FALSE(screen.has_answer(hold));
  EXPECT_FALSE(screen.has_answer(unchanged));
  set(1.5);  // live again: it counts from here
  advance_by_deadlines(90ms);
  set(1.5);
  advance_by_deadlines(59ms);
  EXPECT_FALSE(screen.has_answer(hold));
  advance_by_deadlines(1ms);
  EXPECT_TRUE(screen.has_answer(hold));
  EXPECT_TRUE(screen.has_answer(unchanged));
  EXPECT_EQ(screen.answered<proto::WaitDone>(hold).match->quality, Quality::live);
}

TEST_F(CoreQuality, AHoldThatIsArmedOnAStaleValueWaitsForALiveOne) {
  declare_deadline(100ms);
  set(1.5);
  advance_by_deadlines(10s);
  const auto hold = screen.wait("yaw", "value > 1", 50ms);
  turn();
  EXPECT_FALSE(screen.has_answer(hold));
  set(1.5);
  advance_by_deadlines(50ms);
  EXPECT_TRUE(screen.has_answer(hold));
}

TEST_F(CoreQuality, AWaitForAValueMatchesAnyQuality) {
  declare_deadline(100ms);
  set(1.5);
  advance_by_deadlines(1s);
  const auto stale = screen.wait("yaw", "value > 1");
  const auto will = screen.wait("yaw", "value == 0");
  turn();
  EXPECT_EQ(screen.answered<proto::WaitDone>(stale).match->quality, Quality::stale);
  const auto lease = sensor.own("yaw", 0.0);
  sensor.release(lease);
  turn();
  EXPECT_EQ(screen.answered<proto::WaitDone>(will).match->quality, Quality::orphaned);
}

TEST_F(CoreQuality, AChangeOfQualityMatchesNoWaitForATransition) {
  declare_deadline(100ms);
  set(1.5);
  const auto any = screen.wait_transition("yaw", "");
  const auto above = screen.wait_transition("yaw", "value > 1");
  const auto about_change = screen.wait("yaw", "value >= old_value");
  turn();
  const Version from = committed().version;
  advance_by_deadlines(1s);  // stale
  set(1.5);                  // live
  EXPECT_FALSE(screen.has_answer(any));
  EXPECT_FALSE(screen.has_answer(above));
  EXPECT_FALSE(screen.has_answer(about_change));
  const auto past = screen.wait_transition("yaw", "", from);
  turn();
  EXPECT_FALSE(screen.has_answer(past));
  set(2.5);
  for (const auto wait : {any, above, past}) {
    const auto& done = screen.answered<proto::TransitionDone>(wait);
    EXPECT_EQ(done.match->value, Value(2.5));
    EXPECT_EQ(*done.old_value, Value(1.5));
  }
  EXPECT_TRUE(screen.has_answer(about_change));
}

TEST_F(CoreQuality, ReadersOfEveryTransitionSeeThemAll) {
  const auto reader = screen.subscribe({"yaw"}, {}, proto::Mode::every);
  declare_deadline(100ms);
  set(1.5);
  advance_by_deadlines(1s);
  set(1.5);
  std::vector<Quality> seen;
  for (const auto& delivery : screen.deliveries) seen.push_back(delivery.transition->quality);
  EXPECT_THAT(seen, ElementsAre(Quality::live, Quality::live, Quality::stale, Quality::live));
  EXPECT_THAT(screen.take_deliveries(reader), SizeIs(4));
}

// ---- Declarations

TEST_F(CoreQuality, ADeclaredTopicIsNotRemoved) {
  declare_deadline(0ns);
  set(1.5);
  set(Value());
  EXPECT_EQ(statistics().topics, 1u);
  set(2.5);
  EXPECT_EQ(committed().version.number, 3u);
}

TEST_F(CoreQuality, ADeclaredHistoryKeepsMoreOrLess) {
  sensor.declare("long", {}, 100);
  sensor.declare("short", {}, 3);
  for (int i = 1; i <= 90; ++i) {
    sensor.set("long", std::string(2000, 'x') + std::to_string(i));
    sensor.set("short", i);
    sensor.set("usual", i);
    turn();
  }
  const auto after = [&](const std::string& topic, std::uint64_t number) {
    const auto wait = screen.wait_transition(topic, "", version(topic, number));
    turn();
    return !std::holds_alternative<proto::Failed>(screen.answer(wait));
  };
  EXPECT_TRUE(after("long", 1));
  EXPECT_TRUE(after("short", 88));
  EXPECT_FALSE(after("short", 87));
  EXPECT_TRUE(after("usual", 27));
  EXPECT_FALSE(after("usual", 26));
}

TEST_F(CoreQuality, ADeclaredTypeBecomesTheTopicsType) {
  const auto wait = screen.wait("yaw", "value == \"x\"");
  const auto declared = sensor.declare_type("yaw", ValueType::float64);
  const auto text = sensor.set("yaw", "north");
  const auto whole = sensor.set("yaw", 3);
  const auto again = sensor.declare_type("yaw", ValueType::float64);
  const auto other = screen.declare_type("yaw", ValueType::string);
  turn();
  sensor.answered<proto::Done>(declared);
  EXPECT_EQ(screen.failed(wait), ErrorCode::type_mismatch);
  EXPECT_EQ(sensor.failed(text), ErrorCode::type_mismatch);
  EXPECT_TRUE(sensor.answered<proto::SetDone>(whole).changed);
  EXPECT_EQ(committed().value, Value(3.0));
  sensor.answered<proto::Done>(again);
  EXPECT_EQ(screen.failed(other), ErrorCode::type_mismatch);
  EXPECT_THAT(screen.answered<proto::Failed>(other).failure.message, HasSubstr("'yaw' is of type double"));
}

TEST_F(CoreQuality, ADeclaredTypeResolvesWaits) {
  const auto wait = screen.wait("yaw", "value > 3");
  const auto hold = screen.wait("yaw", "value > 3", 1s);
  sensor.declare_type("yaw", ValueType::int64);
  turn();
  EXPECT_EQ(statistics().waits, 2u);
  set(5);
  EXPECT_EQ(screen.answered<proto::WaitDone>(wait).match->value, Value(5));
  advance_by_deadlines(1s);
  EXPECT_TRUE(screen.has_answer(hold));
}

TEST_F(CoreQuality, ATopicOfMessagesIsOfOneType) {
  sensor.declare_type("pose", ValueType::message, "robot.Pose");
  const auto same = screen.declare_type("pose", ValueType::message, "robot.Pose");
  const auto other = screen.declare_type("pose", ValueType::message, "robot.Arm");
  const auto unnamed = screen.declare_type("arm", ValueType::message);
  const auto arm = sensor.set("pose", MessageBytes{"robot.Arm", ""});
  turn();
  screen.answered<proto::Done>(same);
  EXPECT_EQ(screen.failed(other), ErrorCode::type_mismatch);
  EXPECT_THAT(screen.answered<proto::Failed>(other).failure.message, HasSubstr("'robot.Pose'"));
  EXPECT_EQ(screen.failed(unnamed), ErrorCode::invalid_argument);
  EXPECT_EQ(sensor.failed(arm), ErrorCode::type_mismatch);
}

TEST_F(CoreQuality, InvalidDeclarationsAreRefused) {
  const auto name = sensor.declare("a//b");
  const auto reserved = sensor.declare("$hoiku/broker/topics");
  const auto negative = sensor.declare("yaw", -1ns);
  const auto endless = sensor.declare("yaw", std::chrono::nanoseconds::max());
  const auto none = sensor.declare("yaw", {}, 0);
  const auto too_many = sensor.declare("yaw", {}, 65'537);
  turn();
  EXPECT_EQ(sensor.failed(name), ErrorCode::invalid_topic);
  EXPECT_EQ(sensor.failed(reserved), ErrorCode::permission_denied);
  for (const auto wrong : {negative, endless, none, too_many})
    EXPECT_EQ(sensor.failed(wrong), ErrorCode::invalid_argument);
  EXPECT_EQ(statistics().topics, 0u);
}

}  // namespace
}  // namespace hoiku::broker
