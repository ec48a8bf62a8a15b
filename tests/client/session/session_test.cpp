// How a session begins, goes on over other connections, is lost, and ends.
#include "tests/client/session/session_fixture.hpp"

namespace hoiku::client {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(SessionTest, TheFirstFrameIsTheHelloAndNothingGoesOutBeforeTheWelcome) {
  get("a");
  const auto sent = hello();
  ASSERT_TRUE(sent->hello);
  EXPECT_EQ(sent->hello->client_name, "test");
  EXPECT_EQ(sent->number, 0u);
  EXPECT_TRUE(sent->commands.empty());
  EXPECT_EQ(session.take_frame(now), nullptr);

  EXPECT_EQ(welcome_new().session, SessionNews::opened);
  EXPECT_EQ(take_commands().size(), 1u);
}

TEST_F(SessionTest, EverythingOfOneTurnGoesIntoOneFrame) {
  connect();
  for (int i = 0; i < 5; ++i) *set("a", i);
  const auto sent = take();
  EXPECT_EQ(sent->number, 1u);
  EXPECT_EQ(sent->commands.size(), 5u);
  EXPECT_EQ(take(), nullptr);
}

TEST_F(SessionTest, UnacknowledgedFramesAreSentAgainAfterAResumeAndOnlyThose) {
  connect();
  *set("a", 1);
  take();
  give(acknowledgement());
  *set("b", 2);
  session.take_frame(now);  // in flight when the link breaks: never processed
  cut();

  const auto greeting = hello();
  EXPECT_EQ(greeting->connection_number, 2u);
  EXPECT_EQ(welcome_back().session, SessionNews::resumed);
  const auto again = take();
  EXPECT_EQ(again->number, 2u);
  EXPECT_EQ(again->connection_number, 2u);
  ASSERT_EQ(again->commands.size(), 1u);
  EXPECT_EQ(std::get<proto::Set>(again->commands[0]).topic, "b");
  EXPECT_EQ(take(), nullptr);
}

// The Hello of the first connection arrived late, after the second session had ended, and began a session that this
// client does not know.
TEST_F(SessionTest, ASessionThatBeganWithAnEarlierConnectionIsNotTakenForOurs) {
  connect();
  cut();
  connect();  // the first session was lost
  const auto id = *set("a", 1);
  take();
  cut();
  hello();
  number = client_frames = 0;
  since = 1;
  const Received received = welcome_back();
  EXPECT_EQ(received.session, SessionNews::lost);
  ASSERT_EQ(received.completions.size(), 1u);
  EXPECT_EQ(received.completions[0].id, id);
  const auto next = *set("a", 2);
  EXPECT_EQ(take()->number, 1u);
  EXPECT_EQ(give(set_done(next, 1)).completions.size(), 1u);  // not taken for a duplicate of the earlier session
}

TEST_F(SessionTest, AnswersThatWereSentTwiceCountOnce) {
  connect();
  const auto id = *set("a", 1);
  take();
  const auto answer = set_done(id, 1);
  EXPECT_EQ(give(answer).completions.size(), 1u);
  EXPECT_THAT(give(answer).completions, IsEmpty());
}

TEST_F(SessionTest, AGapInTheNumbersEndsTheConnection) {
  connect();
  ++number;
  const auto result = session.receive(frame(), 100, now);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.failure().code, ErrorCode::protocol_violation);
}

TEST_F(SessionTest, AFrameThatNoCorrectBrokerSendsEndsTheConnection) {
  connect();
  client_frames = 9;  // acknowledges what was never sent
  EXPECT_FALSE(session.receive(acknowledgement(), 100, now));
  client_frames = 0;
  proto::ServerFrame second = acknowledgement();
  second.welcome.emplace();
  EXPECT_FALSE(session.receive(second, 100, now));
  proto::ServerFrame unnumbered = set_done(1, 1);
  unnumbered.number = 0;
  EXPECT_FALSE(session.receive(unnumbered, 100, now));
  cut();
  hello();
  EXPECT_FALSE(session.receive(acknowledgement(), 100, now));  // no welcome
}

TEST_F(SessionTest, FramesOfAnOlderConnectionAreIgnored) {
  connect();
  const auto id = *set("a", 1);
  take();
  auto late = set_done(id, 1);
  number = 0;
  cut();
  hello();
  welcome_back();
  EXPECT_THAT(give(late).completions, IsEmpty());
  EXPECT_EQ(give(set_done(id, 1)).completions.size(), 1u);
}

TEST_F(SessionTest, AnAcknowledgementWaits20MillisecondsForAnotherFrame) {
  connect();
  const TimePoint start = now;
  give(frame());
  EXPECT_EQ(session.next_frame_due(), start + 20ms);
  now += 19ms;
  give(frame());
  EXPECT_EQ(take(), nullptr);
  now += 1ms;
  const auto sent = take();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->number, 0u);
  EXPECT_EQ(sent->acknowledged, 2u);
  EXPECT_EQ(take(), nullptr);
  EXPECT_GT(session.next_frame_due(), now + 875ms);
}

TEST_F(SessionTest, AnAcknowledgementDoesNotWaitIfMuchHasCome) {
  connect();
  for (int i = 1; i < 8; ++i) give(frame());
  EXPECT_EQ(take(), nullptr);
  give(frame());
  const auto of_many = take();
  ASSERT_TRUE(of_many);
  EXPECT_EQ(of_many->acknowledged, 8u);
  give(frame(), 10'000);
  EXPECT_EQ(take(), nullptr);
  give(frame(), 6'384);
  const auto of_large_ones = take();
  ASSERT_TRUE(of_large_ones);
  EXPECT_EQ(of_large_ones->acknowledged, 10u);
}

TEST_F(SessionTest, AnAcknowledgementIsSentWithCommands) {
  connect();
  give(frame());
  get("a");
  const auto sent = take();
  EXPECT_EQ(sent->number, 1u);
  EXPECT_EQ(sent->acknowledged, 1u);
  EXPECT_EQ(take(), nullptr);
}

TEST_F(SessionTest, ASilentClientSendsAHeartbeatAtLeastEveryThirdOfTheTimeout) {
  connect();
  for (const Duration pause : {0ms, 1ms, 333ms, 850ms}) {
    now += pause;
    get("a");
    take();  // something else was sent
    const TimePoint due = session.next_frame_due();
    EXPECT_GT(due, now + 875ms);
    EXPECT_LE(due, now + 1s);
    EXPECT_EQ(due.time_since_epoch() % 125ms, 0ms) << "it does not meet those of other sessions";
    now = due - 1ms;
    EXPECT_EQ(take(), nullptr);
    now = due;
    const auto beat = take();
    ASSERT_TRUE(beat);
    EXPECT_EQ(beat->number, 0u);
    EXPECT_THAT(beat->commands, IsEmpty());
    EXPECT_EQ(take(), nullptr);
  }
}

TEST_F(SessionTest, AnAbsurdTimeoutCausesNoFloodOfHeartbeats) {
  for (const auto told : {std::chrono::milliseconds::max(), std::chrono::milliseconds(1)}) {
    hello();
    welcome_new(1, told);
    const auto beat = session.next_frame_due();
    EXPECT_GE(beat, now + 29ms);
    EXPECT_LE(beat, now + 8h);
    cut();
  }
}

TEST_F(SessionTest, WithoutAConnectionThereIsNoHeartbeat) {
  EXPECT_EQ(session.next_frame_due(), never);
  connect();
  cut();
  EXPECT_EQ(session.next_frame_due(), never);
  EXPECT_EQ(session.take_frame(now + 1h), nullptr);
}

TEST_F(SessionTest, AWriteInFlightIsUnknownWhenTheSessionWasLostAndIsNotSentAgain) {
  connect();
  const auto id = *set("a", 1);
  take();
  cut();
  const auto waiting = *set("b", 2);  // was never sent
  hello();
  const Received received = welcome_new();
  EXPECT_EQ(received.session, SessionNews::lost);
  ASSERT_EQ(received.completions.size(), 1u);
  EXPECT_EQ(received.completions[0].id, id);
  const auto& failed = std::get<proto::Failed>(received.completions[0].answer);
  EXPECT_EQ(failed.failure.code, ErrorCode::outcome_unknown);
  EXPECT_THAT(failed.failure.message, testing::HasSubstr("'a'"));

  const auto sent = take();
  EXPECT_EQ(sent->number, 1u);  // a new session counts from 1
  ASSERT_EQ(sent->commands.size(), 1u);
  EXPECT_EQ(std::get<proto::Set>(sent->commands[0]).id, waiting);
}

TEST_F(SessionTest, ReadsAndWaitsAreAskedAgainInTheirOrderBeforeWhatWasNeverSent) {
  connect();
  const auto first = *wait("a", Predicate::compare(Predicate::Op::greater, 3), 0ns);
  const auto second = get("a");
  take();
  cut();
  const auto later = get("b");
  hello();
  welcome_new();
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(std::get<proto::Wait>(commands[0]).id, first);
  EXPECT_TRUE(std::get<proto::Wait>(commands[0]).predicate);
  EXPECT_EQ(std::get<proto::Get>(commands[1]).id, second);
  EXPECT_EQ(std::get<proto::Get>(commands[2]).id, later);
}

// A session may end before anything was sent in it. Then the queue holds older commands than those that are sent again.
class TwoSessionsLost : public SessionTest {
 protected:
  TwoSessionsLost() {
    connect();
    waiting = *wait("a", {}, 0ns);
    reader = subscribe({"b"});
    take();
    lose_session();
    lose_session();
  }
  void lose_session() {
    cut();
    hello();
    welcome_new();
  }
  proto::RequestId waiting = 0;
  proto::RequestId reader = 0;
};

TEST_F(TwoSessionsLost, KeepTheOrder) {
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(std::get<proto::Wait>(commands[0]).id, waiting);
  EXPECT_EQ(std::get<proto::Subscribe>(commands[1]).id, reader);
}

TEST_F(TwoSessionsLost, ACancelledWaitIsNotSent) {
  session.cancel(waiting);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<proto::Subscribe>(commands[0]).id, reader);
}

TEST_F(TwoSessionsLost, AThirdOneDuplicatesNoRequest) {
  lose_session();
  EXPECT_EQ(take_commands().size(), 2u);
}

TEST_F(SessionTest, AnExpiredLeaseIsNotRequestedAgain) {
  connect();
  proto::Own own;
  own.topic = "yaw";
  own.lasting = 1s;
  const auto id = *session.submit(own);
  take();
  proto::ServerFrame owned = frame();
  owned.answers.emplace_back(proto::Owned{id, Version{5, 0}});
  give(owned);  // its time begins
  for (int i = 0; i < 2; ++i) {
    now += 600ms;
    cut();
    hello();
    const Received received = welcome_new();
    EXPECT_EQ(received.completions.size(), i == 0 ? 0u : 1u);
    for (const Completion& ended : received.completions) EXPECT_EQ(ended.id, id);
  }
  EXPECT_THAT(take_commands(), testing::IsEmpty());
}

TEST_F(SessionTest, ANewSessionIsSentTheRemainingTimeOfAWait) {
  connect();
  *wait("a", {}, 0ns, now + 10s);
  take();
  cut();
  now += 4s;
  hello();
  welcome_new();
  EXPECT_EQ(std::get<proto::Wait>(take_commands().at(0)).expires_after, 6s);
}

TEST_F(SessionTest, ASessionWhoseWelcomeWasNeverHeardIsANewOne) {
  connect();
  const auto id = *set("a", 1);
  take();
  cut();
  hello();  // the broker has lost the session and makes a new one, but its welcome is lost with the link
  since = connection_number;
  number = client_frames = 0;
  cut();
  hello();
  const Received received = welcome_back();  // it calls the new one resumed
  EXPECT_EQ(received.session, SessionNews::lost);
  ASSERT_EQ(received.completions.size(), 1u);
  EXPECT_EQ(received.completions[0].id, id);
  EXPECT_EQ(take(), nullptr);
}

TEST_F(SessionTest, ABrokerRestartIsToldApartFromALostSession) {
  connect(1);
  cut();
  hello();
  EXPECT_EQ(welcome_new(2).session, SessionNews::restarted);
}

TEST_F(SessionTest, AFatalErrorEndsTheSessionAtOnce) {
  connect();
  *set("a", 1);
  take();
  proto::ServerFrame last = acknowledgement();
  last.fatal = Failure{ErrorCode::unavailable, "the broker is shutting down"};
  const Received received = give(last);
  ASSERT_TRUE(received.fatal);
  EXPECT_EQ(received.fatal->code, ErrorCode::unavailable);
  ASSERT_EQ(received.completions.size(), 1u);  // the broker may never come back
  hello();
  EXPECT_EQ(welcome_new(2).session, SessionNews::restarted);
}

TEST_F(SessionTest, ARefusedHelloIsFatalEvenWithoutAConnectionNumber) {
  hello();
  proto::ServerFrame refusal;
  refusal.fatal = Failure{ErrorCode::unsupported_version, "version 1 is not spoken here"};
  EXPECT_TRUE(give(refusal).fatal);
}

TEST_F(SessionTest, GoodbyeIsTheLastCommandAndEndsWithItsAcknowledgement) {
  connect();
  *set("a", 1);
  session.say_goodbye();
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<proto::Goodbye>(commands[1]));
  EXPECT_FALSE(session.goodbye_acknowledged());
  give(acknowledgement());
  EXPECT_TRUE(session.goodbye_acknowledged());
  EXPECT_EQ(session.next_frame_due(), never);
}

TEST_F(SessionTest, NothingIsSentAfterAGoodbye) {
  connect();
  session.say_goodbye();
  *set("a", 1);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<proto::Goodbye>(commands[0]));
  give(acknowledgement());
  EXPECT_TRUE(session.goodbye_acknowledged());
}

}  // namespace
}  // namespace hoiku::client
