// Waits and filters that name the quality.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;

class CoreQualityWaits : public CoreTest {
 protected:
  CoreQualityWaits() {
    sensor.connect(1h);
    screen.connect(1h);
    sensor.declare("yaw", 100ms);
  }
  void set(Value value) {
    sensor.set("yaw", std::move(value));
    turn();
  }
  proto::RequestId wait(const std::string& predicate, std::chrono::nanoseconds hold = 0ns) {
    const auto id = screen.wait("yaw", predicate, hold);
    turn();
    return id;
  }
  proto::RequestId wait_transition(const std::string& predicate, std::optional<Version> after = {}) {
    const auto id = screen.wait_transition("yaw", predicate, after);
    turn();
    return id;
  }
  Quality match(proto::RequestId id) const { return screen.answered<proto::WaitDone>(id).match->quality; }
  void orphan(Value last_will) {
    const auto lease = sensor.own("yaw", std::move(last_will));
    sensor.release(lease);
    turn();
  }
  proto::RequestId read(const std::string& filter, proto::Mode mode = proto::Mode::latest) {
    proto::Subscribe command;
    command.topics = {"*"};
    command.mode = mode;
    command.filter = *Predicate::parse(filter);
    const auto id = screen.subscribe(std::move(command));
    turn();
    return id;
  }
  // The delivered states, as "value quality".
  std::vector<std::string> take_states() {
    std::vector<std::string> states;
    for (const auto& delivery : std::exchange(screen.deliveries, {}))
      states.push_back(to_display_string(delivery.transition->value) + " " +
                       std::string(to_string(delivery.transition->quality)));
    return states;
  }

  FakeClient sensor{*this, "imu", 1};
  FakeClient screen{*this, "screen", 2};
};

TEST_F(CoreQualityWaits, AChangeOfQualityEndsAWaitThatNamesIt) {
  set(1.5);
  const auto stale = wait("quality == stale");
  const auto other = wait("quality != live && value > 1");
  const auto low = wait("quality == stale && value < 1");
  EXPECT_FALSE(screen.has_answer(stale));
  advance_by_deadlines(100ms);
  EXPECT_EQ(match(stale), Quality::stale);
  EXPECT_EQ(match(other), Quality::stale);
  EXPECT_FALSE(screen.has_answer(low));
  const auto again = wait("quality == live");
  set(1.5);
  EXPECT_EQ(match(again), Quality::live);
  EXPECT_EQ(screen.answered<proto::WaitDone>(again).match->version.number, 3u);
}

TEST_F(CoreQualityWaits, AQualityThatIsThereMatchesAtOnce) {
  set(1.5);
  EXPECT_EQ(match(wait("quality == live")), Quality::live);
  orphan(0.0);
  EXPECT_EQ(match(wait("quality == orphaned")), Quality::orphaned);
}

TEST_F(CoreQualityWaits, AnUnsetTopicMatchesNone) {
  const auto live = wait("quality == live");
  const auto not_stale = wait("!(quality == stale)");
  set(1.5);
  EXPECT_EQ(match(live), Quality::live);
  EXPECT_EQ(match(not_stale), Quality::live);
  const auto orphaned = wait("quality == orphaned");
  const auto transition = wait_transition("quality == orphaned");
  orphan(Value());
  EXPECT_FALSE(screen.has_answer(orphaned));
  EXPECT_TRUE(screen.answered<proto::TransitionDone>(transition).match->value.is_null());
}

// Without the quality in the predicate a hold needs a live value throughout. With it, the predicate says what it needs.
TEST_F(CoreQualityWaits, AHoldGoesByThePredicateThatNamesTheQuality) {
  set(1.5);
  const auto stale = wait("quality == stale", 1s);
  const auto any = wait("value > 1 && (quality == live || quality == stale)", 1s);
  const auto live = wait("value > 1", 1s);
  advance_by_deadlines(999ms);
  EXPECT_FALSE(screen.has_answer(any));
  advance_by_deadlines(1ms);
  EXPECT_EQ(match(any), Quality::stale);
  EXPECT_FALSE(screen.has_answer(stale));  // stale since 100 ms
  advance_by_deadlines(100ms);
  EXPECT_EQ(match(stale), Quality::stale);
  EXPECT_FALSE(screen.has_answer(live));
}

TEST_F(CoreQualityWaits, AHoldEndsWithTheQuality) {
  set(1.5);
  const auto stale = wait("quality == stale", 1s);
  advance_by_deadlines(600ms);
  set(1.5);
  advance_by_deadlines(1s);  // stale again since 900 ms
  EXPECT_FALSE(screen.has_answer(stale));
  advance_by_deadlines(100ms);
  EXPECT_EQ(match(stale), Quality::stale);
  const auto armed_late = wait("quality == stale", 1s);  // counts from the topic's last transition
  EXPECT_EQ(match(armed_late), Quality::stale);
}

TEST_F(CoreQualityWaits, AChangeOfQualityIsATransitionForThoseThatNameIt) {
  set(1.5);
  const auto stale = wait_transition("quality == stale");
  const auto any = wait_transition("");
  const auto of_change = wait("value == old_value && quality == stale");
  advance_by_deadlines(100ms);
  const auto& done = screen.answered<proto::TransitionDone>(stale);
  EXPECT_EQ(done.match->quality, Quality::stale);
  EXPECT_EQ(*done.old_value, Value(1.5));
  EXPECT_FALSE(screen.has_answer(any));
  EXPECT_EQ(match(of_change), Quality::stale);
}

TEST_F(CoreQualityWaits, APastChangeOfQualityIsFound) {
  set(1.5);
  advance_by_deadlines(100ms);
  set(1.5);
  set(2.5);
  const auto stale = wait_transition("quality == stale", version("yaw", 1));
  EXPECT_EQ(screen.answered<proto::TransitionDone>(stale).match->version.number, 2u);
  const auto live = wait_transition("quality == live && value < 2", version("yaw", 1));
  EXPECT_EQ(screen.answered<proto::TransitionDone>(live).match->version.number, 3u);
  const auto later = wait_transition("quality == stale", version("yaw", 2));
  EXPECT_FALSE(screen.has_answer(later));
}

TEST_F(CoreQualityWaits, AFilterPassesTheChangeOfQualityThatItNames) {
  set(1.5);
  read("quality == stale");
  advance_by_deadlines(100ms);
  set(1.5);
  set(2.5);
  EXPECT_THAT(take_states(), ElementsAre("1.5 stale"));
  orphan(0.0);
  EXPECT_THAT(take_states(), testing::IsEmpty());
  read("quality != live");
  EXPECT_THAT(take_states(), ElementsAre("0 orphaned"));
}

TEST_F(CoreQualityWaits, AReaderOfEveryTransitionIsFilteredByTheQualityThatEachHad) {
  set(1.5);
  read("quality != live", proto::Mode::every);
  for (int i = 0; i < 3; ++i) {
    advance_by_deadlines(100ms);
    set(1.5);
  }
  orphan(Value());
  EXPECT_THAT(take_states(), ElementsAre("1.5 stale", "1.5 stale", "1.5 stale", "(unset) orphaned"));
}

TEST_F(CoreQualityWaits, EqualOnesAreTestedOnce) {
  set(1.5);
  for (int i = 0; i < 100; ++i) screen.wait("yaw", "quality == stale");
  turn();
  EXPECT_EQ(statistics().predicates, 1u);
  const auto before = statistics().predicate_tests;
  advance_by_deadlines(100ms);
  EXPECT_EQ(statistics().predicate_tests, before + 1);
  EXPECT_EQ(statistics().waits, 0u);
}

}  // namespace
}  // namespace hoiku::broker
