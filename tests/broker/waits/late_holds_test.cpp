// A hold that was due while the broker could not look (it was busy, or stopped) is judged after the input that waited.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class LateHolds : public CoreTest {
 protected:
  LateHolds() {
    robot.connect(1h);
    brain.connect(1h);
  }
  void set(const std::string& topic, Value value) {
    robot.set(topic, std::move(value));
    turn();
  }
  void end_turn() {
    core->advance(at());
    turn();
  }
  Value matched(proto::RequestId id) const { return brain.answered<proto::WaitDone>(id).match->value; }

  FakeClient robot{*this, "robot", 1};
  FakeClient brain{*this, "brain", 2};
};

TEST_F(LateHolds, AreNotCompleteIfTheInputThatWaitedSaysOtherwise) {
  const auto wait = brain.wait("a", "value > 5", 300ms);
  set("a", 6);
  now += 1500ms;
  robot.set("a", 0);
  end_turn();
  end_turn();
  EXPECT_FALSE(brain.has_answer(wait));
  set("a", 6);
  advance_by_deadlines(299ms);
  EXPECT_FALSE(brain.has_answer(wait));
  advance_by_deadlines(1ms);
  EXPECT_EQ(matched(wait), Value(6));
}

TEST_F(LateHolds, StartAgainIfTheInputThatWaitedInterruptsThem) {
  const auto wait = brain.wait("a", "value > 5", 300ms);
  set("a", 6);
  now += 1500ms;
  robot.set("a", 0);
  robot.set("a", 6);
  end_turn();
  advance_by_deadlines(299ms);
  EXPECT_FALSE(brain.has_answer(wait));
  advance_by_deadlines(1ms);
  EXPECT_TRUE(brain.has_answer(wait));
}

TEST_F(LateHolds, AreCompleteIfNothingThatWaitedEndsThem) {
  const auto wait = brain.wait("a", "value > 5", 300ms);
  const auto unchanged = brain.wait("a", "", 300ms);
  const auto other = brain.wait("b", "", 300ms);
  set("a", 6);
  set("b", 1);
  now += 1500ms;
  robot.set("a", 7);
  end_turn();
  end_turn();
  EXPECT_EQ(matched(wait), Value(7)) << "the committed state when it is judged";
  EXPECT_FALSE(brain.has_answer(unchanged));
  EXPECT_EQ(matched(other), Value(1));
}

TEST_F(LateHolds, AreThoseThatWereDueMoreThanAMillisecondAgo) {
  const auto on_time = brain.wait("a", "value > 5", 300ms);
  const auto late = brain.wait("b", "value > 5", 300ms - 1ns);
  set("a", 6);
  set("b", 6);
  now += 301ms;
  robot.set("a", 0);
  robot.set("b", 0);
  end_turn();
  EXPECT_EQ(matched(on_time), Value(6));
  EXPECT_FALSE(brain.has_answer(late));
}

TEST_F(LateHolds, EndWithWhatWasDueBeforeThem) {
  robot.declare("a", 200ms);
  robot.declare("b", 400ms);
  const auto stale = brain.wait("a", "", 300ms);
  const auto live = brain.wait("b", "", 300ms);
  set("a", 6);
  set("b", 6);
  now += 1500ms;
  end_turn();
  end_turn();
  EXPECT_FALSE(brain.has_answer(stale)) << "the topic was stale before the hold was due";
  EXPECT_EQ(matched(live), Value(6));
}

TEST_F(LateHolds, CanBeCancelledByTheInputThatWaited) {
  const auto wait = brain.wait("a", "value > 5", 300ms);
  const auto kept = brain.wait("a", "value > 5", 300ms);
  set("a", 6);
  now += 1500ms;
  robot.set("b", 1);
  brain.cancel(wait);
  end_turn();
  EXPECT_FALSE(brain.has_answer(wait));
  EXPECT_TRUE(brain.has_answer(kept));
  EXPECT_EQ(statistics().waits, 0u);
}

TEST_F(LateHolds, WaitForTheStoreIfItHasTheWriteThatWaited) {
  const auto wait = brain.wait("a", "value > 5", 300ms);
  const auto other = brain.wait("b", "value > 5", 300ms);
  set("a", 6);
  set("b", 6);
  now += 1500ms;
  robot.set("a", 7);
  robot.set("b", 0);
  const auto records = core->take_records();
  core->advance(at());
  EXPECT_GT(core->next_deadline().value_or(now + 1h), now) << "the broker does not spin meanwhile";
  // Later writes do not put the decision off.
  robot.set("a", 0);
  const auto later = core->take_records();
  core->committed(records.back().sequence, at());
  while (auto out = core->take_output(at())) deliver(*out);
  EXPECT_EQ(matched(wait), Value(7));
  core->committed(later.back().sequence, at());
  end_turn();
  EXPECT_FALSE(brain.has_answer(other));
}

}  // namespace
}  // namespace hoiku::broker
