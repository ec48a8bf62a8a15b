// Promise 8: the broker decides waits; the predicate of a hold is true throughout, by the broker's clock.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class CoreWaiting : public CoreTest {
 protected:
  CoreWaiting() {
    robot.connect(1h);
    brain.connect(1h);
  }
  void set(const std::string& topic, Value value) {
    robot.set(topic, std::move(value));
    turn();
  }
  Value matched(proto::RequestId id) const { return brain.answered<proto::WaitDone>(id).match->value; }

  FakeClient robot{*this, "robot", 1};
  FakeClient brain{*this, "brain", 2};
};

TEST_F(CoreWaiting, ATransientMatchIsNeverMissed) {
  const auto wait = brain.wait("a", "value > 5");
  turn();
  robot.set("a", 9);
  robot.set("a", 0);
  turn();
  EXPECT_EQ(matched(wait), Value(9));
  EXPECT_EQ(statistics().waits, 0u);
}

TEST_F(CoreWaiting, TheFirstMatchIsTheAnswer) {
  const auto wait = brain.wait("a", "value > 5");
  for (int i = 0; i < 10; ++i) robot.set("a", i);
  turn();
  EXPECT_EQ(matched(wait), Value(6));
}

TEST_F(CoreWaiting, AValueThatMatchesAlreadyIsAnsweredAtOnce) {
  set("a", 9);
  const auto wait = brain.wait("a", "value > 5");
  const auto any = brain.wait("a", "");
  turn();
  EXPECT_EQ(matched(wait), Value(9));
  EXPECT_EQ(matched(any), Value(9));
}

TEST_F(CoreWaiting, AThousandEqualWaitsAreOneTestPerCommit) {
  std::vector<proto::RequestId> waits;
  set("a", 0);
  for (int i = 0; i < 1000; ++i) waits.push_back(brain.wait("a", "value > 5 && value != 9"));
  turn();
  EXPECT_EQ(statistics().predicates, 1u);
  const auto before = statistics().predicate_tests;
  for (int i = 1; i <= 6; ++i) set("a", i);
  EXPECT_EQ(statistics().predicate_tests, before + 6);
  for (const auto id : waits) EXPECT_EQ(matched(id), Value(6));
}

TEST_F(CoreWaiting, OldValueIsThePreviousVersion) {
  set("a", 1);
  const auto wait = brain.wait("a", "old_value == 2 && value == 3");
  for (const int value : {3, 2, 1, 2, 3}) robot.set("a", value);
  turn();
  EXPECT_EQ(brain.answered<proto::WaitDone>(wait).match->version.number, 6u);
}

// A client may speak another language of words: only its command is refused, not the client.
TEST_F(CoreWaiting, APredicateWithAWordOrWithoutAStateIsRefused) {
  const auto wait = [&](Predicate::Node left, Predicate::Node right) {
    proto::Wait command;
    command.topic = "a";
    Predicate::Node root;
    root.kind = Predicate::Kind::comparison;
    root.children = {std::move(left), std::move(right)};
    command.predicate = *Predicate::build(std::move(root));
    command.id = ++brain.last_id;
    brain.send({command});
    return command.id;
  };
  const auto word = [](const char* text) {
    Predicate::Node node;
    node.literal_text = text;
    return node;
  };
  Predicate::Node value;
  value.kind = Predicate::Kind::new_value;
  const auto unquoted = wait(value, word("happy"));
  const auto constant = wait(word("1"), word("1"));
  const auto number = wait(value, word("1"));
  turn();
  EXPECT_EQ(brain.failed(unquoted), ErrorCode::invalid_predicate);
  EXPECT_EQ(brain.failed(constant), ErrorCode::invalid_predicate);
  EXPECT_FALSE(brain.has_answer(number));
}

TEST_F(CoreWaiting, InvalidWaitsAreRefused) {
  set("flag", true);
  const auto name = brain.wait("a/*", "");
  const auto negative = brain.wait("a", "", -1s);
  const auto given_up_before = brain.wait("a", "", 0s, -1s);
  const auto given_up_never = brain.wait_transition("a", "", {}, std::chrono::nanoseconds::max());
  const auto endless = brain.wait("a", "", std::chrono::nanoseconds::max());
  const auto moment = brain.wait("a", "old_value < 3", 1s);
  const auto type = brain.wait("flag", "value > 3");
  const auto later = brain.wait("a", "value == \"text\"");
  turn();
  EXPECT_EQ(brain.failed(name), ErrorCode::invalid_topic);
  EXPECT_EQ(brain.failed(negative), ErrorCode::invalid_argument);
  EXPECT_EQ(brain.failed(endless), ErrorCode::invalid_argument);
  EXPECT_EQ(brain.failed(given_up_before), ErrorCode::invalid_argument);
  EXPECT_EQ(brain.failed(given_up_never), ErrorCode::invalid_argument);
  EXPECT_EQ(brain.failed(moment), ErrorCode::invalid_argument);
  EXPECT_TRUE(std::holds_alternative<proto::Failed>(brain.answer(type)));
  EXPECT_FALSE(brain.has_answer(later));
  set("a", 1);
  EXPECT_EQ(brain.failed(later), ErrorCode::type_mismatch);
  for (const auto named : {negative, given_up_before, given_up_never, endless, moment, later})
    EXPECT_THAT(brain.answered<proto::Failed>(named).failure.message, testing::StartsWith("topic 'a': "));
  EXPECT_THAT(brain.answered<proto::Failed>(type).failure.message, testing::StartsWith("topic 'flag': "));
  EXPECT_EQ(statistics().waits, 0u);
}

TEST_F(CoreWaiting, AConditionIsReadForTheTypeThatTheTopicHasNow) {
  set("a", 1);
  const auto same = brain.wait("a", "value == \"b\"");
  const auto other = brain.wait("a", "value > 5");
  const auto hold = brain.wait("a", "value > 5", 1s);
  const auto timed = brain.wait("a", "value >= 1", 1s);
  const auto any = brain.wait("a", "", 1h);
  turn();
  EXPECT_EQ(brain.failed(same), ErrorCode::type_mismatch);
  set("a", Value());
  const auto unset = brain.wait("a", "value == \"b\"");
  set("a", "b");
  EXPECT_EQ(matched(unset), Value("b"));
  for (const auto id : {other, hold, timed}) EXPECT_EQ(brain.failed(id), ErrorCode::type_mismatch);
  EXPECT_FALSE(brain.has_answer(any));
  EXPECT_EQ(statistics().waits, 1u);
  EXPECT_EQ(statistics().predicates, 0u);
  advance_by_deadlines(2s);
}

TEST_F(CoreWaiting, AWaitOutlivesAnUnsetOfItsTopic) {
  set("a", 1);
  const auto wait = brain.wait("a", "value > 5");
  const auto hold = brain.wait("a", "value >= 1", 100ms);
  turn();
  advance_by_deadlines(60ms);
  set("a", Value());
  set("a", 2);
  advance_by_deadlines(60ms);
  EXPECT_FALSE(brain.has_answer(hold));
  advance_by_deadlines(40ms);
  EXPECT_EQ(matched(hold), Value(2));
  set("a", Value());
  set("a", 9.5);
  EXPECT_EQ(matched(wait), Value(9.5));
}

TEST_F(CoreWaiting, ACancelledWaitIsNotAnswered) {
  const auto wait = brain.wait("a", "value > 5");
  brain.cancel(wait);
  brain.cancel(wait);
  brain.cancel(9999);
  turn();
  EXPECT_EQ(statistics().topics, 0u);
  set("a", 9);
  EXPECT_FALSE(brain.has_answer(wait));
}

TEST_F(CoreWaiting, AWaitExpiresASecondAfterItsMaximumTimeWithoutAnAnswer) {
  const auto plain = brain.wait("a", "value > 5", 0s, 3s);
  const auto hold = brain.wait("b", "value > 5", 1h, 3s);
  const auto change = brain.wait_transition("c", "", {}, 3s);
  turn();
  EXPECT_EQ(statistics().waits, 3u);
  EXPECT_EQ(core->next_deadline(), now + 4s);
  brain.acknowledge();
  const std::size_t told = brain.frames.size();
  advance_by_deadlines(4s - 1ns);
  EXPECT_EQ(statistics().waits, 3u);
  advance_by_deadlines(1ns);
  EXPECT_EQ(statistics().waits, 0u);
  EXPECT_EQ(statistics().predicates, 0u);
  EXPECT_EQ(statistics().topics, 0u);
  EXPECT_EQ(brain.frames.size(), told);
  for (const std::string topic : {"a", "b", "c"}) set(topic, 9);
  brain.cancel(plain);  // the client did not know
  turn();
  for (const auto id : {plain, hold, change}) EXPECT_FALSE(brain.has_answer(id));
  brain.goodbye();
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreWaiting, AMatchWithinThatSecondIsAnswered) {
  const auto wait = brain.wait("a", "value > 5", 0s, 3s);
  advance_by_deadlines(4s - 1ns);
  set("a", 9);
  EXPECT_EQ(matched(wait), Value(9));
  advance_by_deadlines(1min);
  EXPECT_EQ(statistics().waits, 0u);
}

TEST_F(CoreWaiting, AWaitWithAMaximumTimeIsRemovedWithItsSession) {
  brain.wait("a", "value > 5", 0s, 3s);
  turn();
  brain.goodbye();
  turn();
  EXPECT_EQ(statistics().waits, 0u);
  advance_by_deadlines(1min);
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreWaiting, AResultThatTheCutLostIsSentAgain) {
  const auto wait = brain.wait("a", "value > 5");
  turn();
  brain.cut();
  set("a", 9);
  set("a", 0);
  brain.connect(1h);
  EXPECT_EQ(matched(wait), Value(9));
}

TEST_F(CoreWaiting, AResultThatNobodyAcknowledgesStillCountsAgainstTheLimit) {
  restart(limited([](Limits& limits) { limits.subscriptions_per_session_max = 3; }));
  robot.connect();
  brain.connect();
  brain.acknowledges = false;
  set("a", 1);
  for (int i = 0; i < 3; ++i) brain.wait("a", "");
  const auto fourth = brain.wait("a", "");
  turn();
  EXPECT_EQ(brain.failed(fourth), ErrorCode::limit_exceeded);
  brain.acknowledge();
  const auto fifth = brain.wait("a", "");
  turn();
  EXPECT_EQ(matched(fifth), Value(1));
}

// ---- Holds

TEST_F(CoreWaiting, AHoldFiresAtItsDeadlineWithTheCommittedValue) {
  const auto wait = brain.wait("a", "value > 5", 1s);
  set("a", 6);
  EXPECT_EQ(core->next_deadline(), now + 1s);
  advance(500ms);
  set("a", 7);
  advance(499ms);
  EXPECT_FALSE(brain.has_answer(wait));
  advance(1ms);
  EXPECT_EQ(matched(wait), Value(7));
}

TEST_F(CoreWaiting, ANonMatchResetsAHold) {
  const auto wait = brain.wait("a", "value > 5", 1s);
  set("a", 6);
  advance(900ms);
  robot.set("a", 0);
  robot.set("a", 6);
  turn();
  advance_by_deadlines(999ms);
  EXPECT_FALSE(brain.has_answer(wait));
  advance_by_deadlines(1ms);
  EXPECT_EQ(matched(wait), Value(6));
}

TEST_F(CoreWaiting, AHoldThatIsArmedLateCountsFromTheTopicsLastTransition) {
  set("a", 6);
  advance(700ms);
  const auto wait = brain.wait("a", "value > 5", 1s);
  turn();
  advance_by_deadlines(299ms);
  EXPECT_FALSE(brain.has_answer(wait));
  advance_by_deadlines(1ms);
  EXPECT_TRUE(brain.has_answer(wait));
  advance(10s);
  const auto at_once = brain.wait("a", "value > 5", 5s);
  turn();
  EXPECT_TRUE(brain.has_answer(at_once));
}

TEST_F(CoreWaiting, AHoldThatIsDueFiresBeforeACommandOfThatInstant) {
  const auto wait = brain.wait("a", "value > 5", 1s);
  set("a", 6);
  now += 1s;
  set("a", 0);
  EXPECT_EQ(matched(wait), Value(6));
}

TEST_F(CoreWaiting, AHoldThatIsDueFiresBeforeACommitOfThatInstant) {
  const auto wait = brain.wait("a", "value > 5", 1s);
  set("a", 6);
  now += 999ms;
  robot.set("a", 0);
  const auto records = core->take_records();
  now += 1ms;
  core->committed(records.back().sequence, at());
  turn();
  EXPECT_EQ(matched(wait), Value(6));
}

TEST_F(CoreWaiting, AHoldCountsFromTheCommitOfItsTransition) {
  const auto wait = brain.wait("a", "value > 5", 1s);
  robot.set("a", 6);
  const auto records = core->take_records();
  advance_by_deadlines(10s);
  core->committed(records.back().sequence, at());
  turn();
  advance_by_deadlines(999ms);
  EXPECT_FALSE(brain.has_answer(wait));
  advance_by_deadlines(1ms);
  EXPECT_TRUE(brain.has_answer(wait));
}

TEST_F(CoreWaiting, WithoutAPredicateAHoldMeansUnchanged) {
  const auto wait = brain.wait("a", "", 1s);
  set("a", 1);
  advance(900ms);
  set("a", 1);  // a touch is not a transition
  advance(99ms);
  EXPECT_FALSE(brain.has_answer(wait));
  advance(1ms);
  EXPECT_EQ(matched(wait), Value(1));
}

TEST_F(CoreWaiting, AHoldFiresInASessionThatIsCutAndIsAnsweredAfterTheResume) {
  const auto wait = brain.wait("a", "value > 5", 1s);
  set("a", 6);
  brain.cut();
  advance(1s);
  set("a", 0);
  brain.connect(1h);
  EXPECT_EQ(matched(wait), Value(6));
}

}  // namespace
}  // namespace hoiku::broker
