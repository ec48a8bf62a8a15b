// Waits for a transition: the first that matches, from now on or after a known version.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class CoreTransitionWaits : public CoreTest {
 protected:
  CoreTransitionWaits() {
    robot.connect(1h);
    brain.connect(1h);
  }
  Version set(const std::string& topic, Value value) {
    const auto id = robot.set(topic, std::move(value));
    turn();
    return robot.answered<proto::SetDone>(id).version;
  }
  Value new_value(proto::RequestId id) const { return brain.answered<proto::TransitionDone>(id).match->value; }
  Value old_value(proto::RequestId id) const {
    const auto& old = brain.answered<proto::TransitionDone>(id).old_value;
    return old ? *old : Value();
  }

  FakeClient robot{*this, "robot", 1};
  FakeClient brain{*this, "brain", 2};
};

TEST_F(CoreTransitionWaits, TheCommittedValueIsNotATransition) {
  const Version present = set("lid", "open");
  const auto wait = brain.wait_transition("lid", "value == \"open\"");
  turn();
  EXPECT_FALSE(brain.has_answer(wait));
  EXPECT_EQ(brain.armed.at(wait), present);
  set("lid", "open");  // equal: no transition
  EXPECT_FALSE(brain.has_answer(wait));
  set("lid", "closed");
  set("lid", "open");
  EXPECT_EQ(new_value(wait), Value("open"));
  EXPECT_EQ(old_value(wait), Value("closed"));
  EXPECT_EQ(statistics().waits, 0u);
}

TEST_F(CoreTransitionWaits, TheTransitionAfterALargeValueIsFound) {
  const std::size_t bytes = 2 * Limits{}.history_bytes_max;
  const Version known = set("picture", std::string(bytes, 'a'));
  set("picture", std::string(bytes, 'b'));
  const auto next = brain.wait_transition("picture", "", known);
  turn();
  EXPECT_EQ(new_value(next), Value(std::string(bytes, 'b')));
  EXPECT_EQ(old_value(next), Value(std::string(bytes, 'a')));
  set("picture", std::string(bytes, 'c'));
  const auto gone = brain.wait_transition("picture", "", known);
  turn();
  EXPECT_EQ(brain.failed(gone), ErrorCode::lagged);
}

// Waits that each search a whole history, without delaying others.
class CorePostponedWaits : public CoreTransitionWaits {
 protected:
  static constexpr std::uint32_t kept = 40'000;  // the budget of a turn is 65,536 steps, of which these waits have half

  CorePostponedWaits() {
    robot.declare("count", {}, kept);
    for (std::int64_t i = 1; i < kept; ++i) set("count", Value(i));
    advance(1ms);
    for (auto& wait : waits) wait = brain.wait_transition("count", "value == -1", version("count", 1));
  }
  // The waits whose search is complete.
  std::size_t armed() const { return statistics().waits; }

  std::array<proto::RequestId, 6> waits{};
};

TEST_F(CorePostponedWaits, AreResumedInLaterTurnsAndMissNoTransition) {
  EXPECT_EQ(armed(), 1u);  // the search of the second wait is in the middle of the history
  EXPECT_EQ(core->next_deadline(), now);
  set("count", Value(-1));
  for (int i = 0; i < 8; ++i) advance(0ns);
  for (const proto::RequestId wait : waits) EXPECT_EQ(new_value(wait), Value(-1));
  EXPECT_EQ(armed(), 0u);
  EXPECT_NE(core->next_deadline(), now);
}

TEST_F(CorePostponedWaits, AreRemovedByCancellationAndWithTheirSession) {
  brain.cancel(waits[5]);
  brain.cancel(waits[4]);
  for (int i = 0; i < 5; ++i) advance(0ns);
  EXPECT_EQ(armed(), 4u);
  for (auto& wait : waits) wait = brain.wait_transition("count", "value == -1", version("count", 1));
  brain.goodbye();
  for (int i = 0; i < 8; ++i) advance(0ns);
  EXPECT_EQ(armed(), 0u);
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreTransitionWaits, ATransientTransitionIsNotMissed) {
  const auto wait = brain.wait_transition("lid", "value == \"open\"");
  robot.set("lid", "open");
  robot.set("lid", "closed");
  turn();
  EXPECT_EQ(new_value(wait), Value("open"));
  EXPECT_EQ(old_value(wait), Value());
}

TEST_F(CoreTransitionWaits, WithoutAPredicateAnyTransitionMatchesIncludingUnset) {
  set("lid", "open");
  const auto wait = brain.wait_transition("lid", "");
  set("lid", Value());
  EXPECT_EQ(new_value(wait), Value());
  EXPECT_EQ(old_value(wait), Value("open"));
}

TEST_F(CoreTransitionWaits, TheTopicIsKeptUntilAllWaitsForItsUnsetAreAnswered) {
  set("lid", "open");
  const auto first = brain.wait_transition("lid", "");
  const auto second = brain.wait_transition("lid", "old_value == \"open\"");
  const auto third = brain.wait_transition("lid", "");
  set("lid", Value());
  for (const auto id : {first, second, third}) EXPECT_EQ(old_value(id), Value("open"));
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreTransitionWaits, APredicateMayUseOnlyTheOldValue) {
  set("lid", "open");
  const auto wait = brain.wait_transition("lid", "old_value == \"open\"");
  const auto never = brain.wait_transition("lid", "value != \"open\"");  // a comparison with an unset value is false
  set("lid", Value());
  EXPECT_EQ(new_value(wait), Value());
  EXPECT_FALSE(brain.has_answer(never));
}

TEST_F(CoreTransitionWaits, WaitsForAStateAndForATransitionAreKeptApart) {
  set("lid", "open");
  const auto change = brain.wait_transition("lid", "value == \"open\"");
  const auto state = brain.wait("lid", "value == \"open\"");
  const auto held = brain.wait("lid", "value == \"open\"", 1s);
  turn();
  EXPECT_TRUE(brain.has_answer(state));
  EXPECT_FALSE(brain.has_answer(change));
  EXPECT_EQ(statistics().predicates, 2u);
  advance(1s);
  EXPECT_TRUE(brain.has_answer(held));
  EXPECT_FALSE(brain.has_answer(change));
}

// ---- After a version

TEST_F(CoreTransitionWaits, ATransitionAfterTheVersionIsFoundInTheHistory) {
  const Version known = set("lid", "closed");
  set("lid", "open");
  set("lid", "closed");
  const auto wait = brain.wait_transition("lid", "value == \"open\"", known);
  const auto any = brain.wait_transition("lid", "", known);
  turn();
  EXPECT_EQ(new_value(wait), Value("open"));
  EXPECT_EQ(old_value(wait), Value("closed"));
  EXPECT_EQ(new_value(any), Value("open"));
  EXPECT_FALSE(brain.armed.contains(wait));
}

TEST_F(CoreTransitionWaits, TheFirstMatchAfterTheVersionIsTheAnswer) {
  const Version known = set("n", 0);
  for (int i = 1; i <= 20; ++i) set("n", i);
  const auto wait = brain.wait_transition("n", "value > 5", known);
  turn();
  EXPECT_EQ(new_value(wait), Value(6));
  EXPECT_EQ(old_value(wait), Value(5));
}

TEST_F(CoreTransitionWaits, WithoutALaterTransitionTheWaitIsArmed) {
  const Version known = set("lid", "closed");
  const auto wait = brain.wait_transition("lid", "value == \"open\"", known);
  turn();
  EXPECT_FALSE(brain.has_answer(wait));
  set("lid", "open");
  EXPECT_EQ(new_value(wait), Value("open"));
}

TEST_F(CoreTransitionWaits, VersionZeroIsBeforeTheFirstSet) {
  const auto early = brain.wait_transition("lid", "", Version{});
  set("lid", "closed");
  const auto late = brain.wait_transition("lid", "", Version{});
  turn();
  EXPECT_EQ(new_value(early), Value("closed"));
  EXPECT_EQ(new_value(late), Value("closed"));
  EXPECT_EQ(old_value(late), Value());
}

TEST_F(CoreTransitionWaits, AVersionWithoutAnEpochIsRefused) {
  set("n", 1);
  set("n", 2);
  const auto wait = brain.wait_transition("n", "", Version{0, 1});
  turn();
  EXPECT_EQ(brain.failed(wait), ErrorCode::invalid_argument);
}

TEST_F(CoreTransitionWaits, AnUnsetIsFoundBehindAVersionAlsoWhenTheTopicWasRemoved) {
  set("n", 1);
  robot.set("n", Value());
  const auto wait = brain.wait_transition("n", "", version("n", 1));
  turn();
  EXPECT_EQ(new_value(wait), Value());
  EXPECT_EQ(old_value(wait), Value(1));
  EXPECT_EQ(statistics().topics, 0u);
  set("n", "another type");
  const auto number = brain.wait_transition("n", "value == 1 || value == 2", Version{});
  const auto text = brain.wait_transition("n", "", version("n", 2));
  turn();
  EXPECT_EQ(new_value(number), Value(1));
  EXPECT_EQ(new_value(text), Value("another type"));
}

TEST_F(CoreTransitionWaits, ASearchFailsAtTheFirstValueOfAnotherType) {
  set("n", 1);
  robot.set("n", Value());
  set("n", "text");
  const auto wait = brain.wait_transition("n", "value > 1", version("n", 1));
  turn();
  EXPECT_EQ(brain.failed(wait), ErrorCode::type_mismatch);
}

TEST_F(CoreTransitionWaits, ADiscardedTransitionIsAnErrorAndNeverALaterMatch) {
  restart(limited([](Limits& limits) { limits.history_transitions_max = 4; }));
  robot.connect(1h);
  brain.connect(1h);
  const Version known = set("n", 0);
  for (int i = 1; i <= 3; ++i) set("n", i);
  const auto within = brain.wait_transition("n", "", known);
  turn();
  EXPECT_EQ(new_value(within), Value(1));
  set("n", 4);
  const auto beyond = brain.wait_transition("n", "", known);
  turn();
  EXPECT_EQ(brain.failed(beyond), ErrorCode::lagged);
  EXPECT_EQ(statistics().waits, 0u);
}

TEST_F(CoreTransitionWaits, AVersionOfAnotherEpochIsAnError) {
  const Version known = set("n", 0);
  const auto other = brain.wait_transition("n", "", Version{known.epoch + 1, 1});
  const auto unknown = brain.wait_transition("nothing", "", known);
  const auto future = brain.wait_transition("n", "", Version{known.epoch, 99});
  turn();
  EXPECT_EQ(brain.failed(other), ErrorCode::lagged);
  EXPECT_EQ(brain.failed(unknown), ErrorCode::lagged);
  EXPECT_EQ(brain.failed(future), ErrorCode::invalid_argument);
  EXPECT_EQ(statistics().topics, 1u);  // the refused waits left nothing behind
}

TEST_F(CoreTransitionWaits, AnInvalidWaitIsRefused) {
  const Version known = set("flag", true);
  const auto name = brain.wait_transition("a/*", "");
  const auto type = brain.wait_transition("flag", "value > 3");
  const auto past = brain.wait_transition("flag", "value > 3", known);
  turn();
  EXPECT_EQ(brain.failed(name), ErrorCode::invalid_topic);
  EXPECT_TRUE(std::holds_alternative<proto::Failed>(brain.answer(type)));
  EXPECT_TRUE(std::holds_alternative<proto::Failed>(brain.answer(past)));
}

TEST_F(CoreTransitionWaits, AWaitIsRemovedByCancellationAndWithItsSession) {
  const auto wait = brain.wait_transition("lid", "");
  brain.wait_transition("lid", "value == \"open\"");
  turn();
  EXPECT_EQ(statistics().waits, 2u);
  brain.cancel(wait);
  turn();
  EXPECT_EQ(statistics().waits, 1u);
  brain.goodbye();
  robot.goodbye();
  turn();
  expect_nothing_left();
}

TEST_F(CoreTransitionWaits, AThousandEqualWaitsAreOneTestPerCommit) {
  std::vector<proto::RequestId> waits;
  set("n", 0);
  for (int i = 0; i < 1000; ++i) waits.push_back(brain.wait_transition("n", "value > 2 && value != 9"));
  turn();
  const auto before = statistics().predicate_tests;
  for (int i = 1; i <= 3; ++i) set("n", i);
  EXPECT_EQ(statistics().predicate_tests, before + 3);
  for (const auto id : waits) EXPECT_EQ(old_value(id), Value(2));
}

// A turn has a small budget for past states; later turns continue.
class CoreShortTurns : public CoreTransitionWaits {
 protected:
  CoreShortTurns() {
    restart(limited([](Limits& limits) { limits.turn_steps_max = 4; }));
    robot.connect(1h);
    brain.connect(1h);
  }
};

TEST_F(CoreShortTurns, APostponedWaitKeepsItsTopic) {
  for (int i = 1; i <= 10; ++i) set("n", i);
  const auto busy = brain.wait_transition("n", "value == 100", version("n", 1));
  const auto postponed = brain.wait_transition("lid", "value == \"open\"", Version{});
  turn();
  set("lid", "open");
  set("lid", Value());
  EXPECT_EQ(statistics().topics, 2u);
  for (int i = 0; i < 20; ++i) advance(1ms);
  EXPECT_EQ(new_value(postponed), Value("open"));
  EXPECT_FALSE(brain.has_answer(busy));
  EXPECT_EQ(statistics().topics, 1u);
}

TEST_F(CoreShortTurns, PostponedWaitsOfTwoSessionsTakeTurns) {
  for (int i = 1; i <= 50; ++i) set("n", i);
  for (int i = 0; i < 100; ++i) robot.wait_transition("n", "value == 100", version("n", 1));
  const auto mine = brain.wait_transition("n", "value == 3", version("n", 1));
  turn();
  int turns = 0;
  while (!brain.has_answer(mine) && turns < 200) {
    advance(1ms);
    ++turns;
  }
  EXPECT_EQ(new_value(mine), Value(3));
  EXPECT_LT(turns, 10);
}

TEST_F(CoreShortTurns, PostponedWaitsLeaveHalfOfATurnToNewReaders) {
  for (int i = 1; i <= 50; ++i) set("n", i);
  for (int i = 0; i < 100; ++i) brain.wait_transition("n", "value == 100", version("n", 1));
  const auto pattern = robot.subscribe({"**"});
  turn();
  for (int i = 0; i < 3; ++i) advance(1ms);
  EXPECT_TRUE(robot.ends.contains(pattern));
}

TEST_F(CoreShortTurns, PostponedWaitsLeaveNothingBehind) {
  for (int i = 1; i <= 10; ++i) set("n", i);
  brain.wait_transition("n", "value == 100", version("n", 1));
  const auto cancelled = brain.wait_transition("m", "value == 100", Version{});
  brain.wait_transition("k", "value == 100", Version{}, 1ms);
  brain.wait_transition("l", "value == 100", Version{});
  turn();
  EXPECT_EQ(statistics().topics, 4u);
  brain.cancel(cancelled);
  EXPECT_EQ(statistics().topics, 3u);
  set("n", Value());
  brain.goodbye();
  robot.goodbye();
  turn();
  expect_nothing_left();
  advance(1ms);
  EXPECT_EQ(core->next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace hoiku::broker
