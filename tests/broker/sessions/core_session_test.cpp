// Sessions: how they begin, resume after a cut, and end; and frames that are not in order.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class CoreSession : public CoreTest {
 protected:
  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
};

TEST_F(CoreSession, AHelloIsWelcomedWithTheLimits) {
  robot.connect(2s);
  ASSERT_TRUE(robot.welcome);
  EXPECT_FALSE(robot.welcome->resumed);
  EXPECT_EQ(robot.welcome->instance_id, 4711u);
  EXPECT_EQ(robot.welcome->first_connection, 1u);
  EXPECT_EQ(robot.welcome->session_timeout, 2s);
  EXPECT_EQ(robot.welcome->value_bytes_max, Limits{}.value_bytes_max);
  EXPECT_EQ(robot.welcome->frame_bytes_max, Limits{}.frame_bytes_max);
  EXPECT_THAT(events(), ElementsAre(Event::Kind::session_opened));
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreSession, AnotherVersionOfTheProtocolIsRefused) {
  proto::ClientFrame frame;
  frame.hello.emplace().version = 99;
  core->receive(PeerId{50}, frame, at());
  turn();
  ASSERT_THAT(unknown_peers[PeerId{50}], SizeIs(1));
  EXPECT_EQ(unknown_peers[PeerId{50}][0]->fatal->code, ErrorCode::unsupported_version);
  EXPECT_EQ(statistics().sessions, 0u);
}

TEST_F(CoreSession, AnInvalidHelloIsRefused) {
  const auto refused = [&](auto change) {
    proto::ClientFrame frame;
    frame.connection_number = 1;
    frame.hello.emplace();
    change(frame);
    const PeerId peer = new_peer();
    core->receive(peer, frame, at());
    turn();
    return unknown_peers[peer].at(0)->fatal->code;
  };
  EXPECT_EQ(refused([](auto& frame) { frame.hello->client_name.assign(256, 'x'); }), ErrorCode::too_large);
  EXPECT_EQ(refused([](auto& frame) { frame.hello->session_timeout = -1ms; }), ErrorCode::invalid_argument);
  EXPECT_EQ(refused([](auto& frame) { frame.commands.emplace_back(proto::Goodbye{}); }), ErrorCode::protocol_violation);
  EXPECT_EQ(statistics().sessions, 0u);
}

TEST_F(CoreSession, AnUnknownPeerIsToldOnceAndThenIgnored) {
  proto::ClientFrame frame;
  frame.connection_number = 3;
  frame.number = 1;
  for (int i = 0; i < 100; ++i) core->receive(PeerId{50}, frame, at());
  turn();
  ASSERT_THAT(unknown_peers[PeerId{50}], SizeIs(1));
  EXPECT_EQ(unknown_peers[PeerId{50}][0]->fatal->code, ErrorCode::session_lost);
  EXPECT_EQ(unknown_peers[PeerId{50}][0]->connection_number, 3u);
  EXPECT_EQ(statistics().rejected_frames, 100u);
}

TEST_F(CoreSession, AFloodOfUnknownPeersIsAnsweredAndForgotten) {
  proto::ClientFrame frame;
  frame.number = 1;
  for (int i = 0; i < 100'000; ++i) core->receive(new_peer(), frame, at());
  turn();
  EXPECT_LE(unknown_peers.size(), 1024u);
  EXPECT_LE(core->take_events().size(), 1024u);
  expect_nothing_left();
}

TEST_F(CoreSession, SessionsAreLimited) {
  restart(limited([](Limits& limits) { limits.sessions_max = 1; }));
  robot.connect();
  screen.connect();
  EXPECT_FALSE(screen.welcome);
  EXPECT_EQ(screen.fatal->code, ErrorCode::limit_exceeded);
  robot.goodbye();
  screen.connect();
  EXPECT_TRUE(screen.welcome);
}

TEST_F(CoreSession, EverythingOfATurnIsAnsweredInOneFrame) {
  robot.connect();
  robot.frames.clear();
  const auto subscription = robot.subscribe({"a"});
  for (int i = 0; i < 100; ++i) robot.set("a", i);
  turn();
  ASSERT_THAT(robot.frames, SizeIs(1));
  EXPECT_THAT(robot.frames[0]->answers, SizeIs(100));
  EXPECT_THAT(robot.take_deliveries(subscription), ElementsAre(Pair("a", Value(99))));
}

TEST_F(CoreSession, APureAcknowledgementHasNoNumberAndIsNotAnswered) {
  robot.connect();
  robot.frames.clear();
  const auto wait = robot.wait("a", "value > 1");
  turn();
  ASSERT_THAT(robot.frames, SizeIs(1));
  EXPECT_EQ(robot.frames[0]->number, 0u);
  EXPECT_EQ(robot.frames[0]->acknowledged, 1u);
  robot.acknowledge();
  turn();
  EXPECT_THAT(robot.frames, SizeIs(1));
  EXPECT_FALSE(robot.has_answer(wait));
}

TEST_F(CoreSession, ADuplicateFrameIsIgnored) {
  robot.connect();
  robot.set("a", 1);
  robot.sent = 0;  // as if it did not know
  robot.set("a", 2);
  turn();
  EXPECT_EQ(statistics().commits, 1u);
  EXPECT_FALSE(robot.fatal);
  EXPECT_EQ(robot.acknowledged_by_broker, 1u);
}

TEST_F(CoreSession, AGapEndsTheConnectionButNotTheSession) {
  robot.connect();
  robot.set("a", 1);
  turn();
  robot.sent = 5;
  robot.set("a", 2);
  turn();
  ASSERT_TRUE(robot.fatal);
  EXPECT_EQ(robot.fatal->code, ErrorCode::protocol_violation);
  EXPECT_THAT(robot.fatal->message, testing::HasSubstr("gap"));
  EXPECT_EQ(statistics().commits, 1u);
  EXPECT_EQ(statistics().sessions, 1u);

  robot.connect();
  EXPECT_TRUE(robot.welcome->resumed);
  robot.sent = robot.acknowledged_by_broker;
  const auto set = robot.set("a", 3);
  turn();
  EXPECT_TRUE(robot.answered<proto::SetDone>(set).changed);
}

TEST_F(CoreSession, AClientThatTookTheErrorForTheEndOfItsSessionGetsANewOne) {
  robot.connect();
  robot.set("a", 1);
  turn();
  robot.sent = 5;
  robot.set("a", 2);
  turn();
  ASSERT_TRUE(robot.fatal);
  robot.sent = robot.received = 0;  // counts from one again
  robot.answers.clear();
  robot.connect();
  EXPECT_FALSE(robot.welcome->resumed);
  const auto set = robot.set("a", 3);
  turn();
  EXPECT_TRUE(robot.answered<proto::SetDone>(set).changed);
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreSession, AClientThatRestartsItsFrameNumbersGetsANewSession) {
  robot.connect();
  robot.wait("a", "value > 1");  // is not answered, so nothing is acknowledged
  robot.sent = 5;
  robot.set("a", 2);
  turn();
  ASSERT_TRUE(robot.fatal);
  robot.connect();
  EXPECT_TRUE(robot.welcome->resumed);
  robot.sent = 0;
  robot.set("a", 3);  // frame 1, which the broker has received already
  turn();
  ASSERT_TRUE(robot.fatal);
  EXPECT_EQ(robot.fatal->code, ErrorCode::session_lost);
  EXPECT_EQ(statistics().sessions, 0u);
  robot.connect();
  EXPECT_FALSE(robot.welcome->resumed);
}

TEST_F(CoreSession, FramesThatBreakTheRulesEndTheConnection) {
  const auto broken = [&](auto change) {
    robot.connect();
    proto::ClientFrame frame = robot.frame();
    change(frame);
    core->receive(robot.peer, frame, at());
    turn();
    return robot.fatal ? robot.fatal->code : ErrorCode{};
  };
  EXPECT_EQ(broken([](auto& frame) { frame.acknowledged = 77; }), ErrorCode::protocol_violation);
  EXPECT_EQ(broken([](auto& frame) { frame.hello.emplace(); }), ErrorCode::protocol_violation);
  EXPECT_EQ(broken([](auto& frame) {
              frame.commands.emplace_back(proto::Get{1, "a"});
            }),
            ErrorCode::protocol_violation);
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreSession, BytesThatAreNotAFrameEndTheConnection) {
  robot.connect();
  core->refuse(robot.peer, {ErrorCode::protocol_violation, "no frame"}, at());
  core->refuse(PeerId{99}, {ErrorCode::too_large, "far too much"}, at());
  turn();
  EXPECT_EQ(robot.fatal->code, ErrorCode::protocol_violation);
  EXPECT_EQ(unknown_peers[PeerId{99}].at(0)->fatal->code, ErrorCode::too_large);
  robot.set("a", 1);
  turn();
  EXPECT_EQ(statistics().commits, 0u);
}

// ---- Resume

TEST_F(CoreSession, ACutSessionResumesAndGetsTheKeptFramesAgain) {
  robot.connect();
  screen.acknowledges = false;
  screen.connect();
  const auto subscription = screen.subscribe({"a"});
  turn();
  for (int i = 1; i <= 3; ++i) {
    robot.set("a", i);
    turn();
  }
  EXPECT_THAT(screen.take_deliveries(subscription), SizeIs(4));
  // The screen has processed two of the four frames when its connection is cut.
  screen.cut();
  screen.received = 2;
  robot.set("a", 4);
  turn();
  core->take_events();
  screen.connect();
  EXPECT_TRUE(screen.welcome->resumed);
  EXPECT_EQ(screen.welcome->first_connection, 1u);
  EXPECT_THAT(screen.take_deliveries(subscription),
              ElementsAre(Pair("a", Value(2)), Pair("a", Value(3)), Pair("a", Value(4))));
  EXPECT_THAT(events(), ElementsAre(Event::Kind::session_resumed));
}

TEST_F(CoreSession, WhileItIsCutASessionConflates) {
  robot.connect();
  screen.connect();
  const auto subscription = screen.subscribe({"a"});
  turn();
  screen.take_deliveries(subscription);
  screen.cut();
  for (int i = 1; i <= 1000; ++i) robot.set("a", i), turn();
  EXPECT_EQ(statistics().kept_frames, 0u);
  screen.connect();
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("a", Value(1000))));
}

TEST_F(CoreSession, CommandsThatWereSentBeforeTheCutAreNotExecutedTwice) {
  robot.connect();
  const auto set = robot.set("a", 1);  // the answer is lost with the connection
  robot.cut();
  commit();
  robot.connect();
  EXPECT_TRUE(robot.welcome->resumed);
  robot.sent = 0;
  robot.last_id = 0;
  robot.set("a", 1);  // sent again, as the same frame
  turn();
  EXPECT_EQ(statistics().commits, 1u);
  EXPECT_TRUE(robot.answered<proto::SetDone>(set).changed);
}

TEST_F(CoreSession, ANewerConnectionTakesTheSessionOver) {
  robot.connect();
  const PeerId old_peer = robot.peer;
  proto::ClientFrame late = robot.frame();
  late.number = 1;
  late.commands.emplace_back(proto::Get{77, "a"});
  robot.connect();
  EXPECT_TRUE(robot.welcome->resumed);
  core->receive(old_peer, late, at());
  turn();
  EXPECT_FALSE(robot.has_answer(77));
  EXPECT_EQ(statistics().sessions, 1u);
  core->disconnected(old_peer, at());
  const auto set = robot.set("a", 1);
  turn();
  EXPECT_TRUE(robot.has_answer(set));
}

TEST_F(CoreSession, AnOlderConnectionCannotTakeTheSession) {
  robot.connect();
  robot.connect();
  proto::ClientFrame late = robot.frame();
  late.connection_number = 1;
  late.hello.emplace().token = robot.token;
  core->receive(PeerId{60}, late, at());
  turn();
  EXPECT_EQ(unknown_peers[PeerId{60}].at(0)->fatal->code, ErrorCode::protocol_violation);
  EXPECT_EQ(unknown_peers[PeerId{60}].at(0)->connection_number, 1u);
  const auto set = robot.set("a", 1);
  turn();
  EXPECT_TRUE(robot.has_answer(set));
}

TEST_F(CoreSession, FramesOfAnotherConnectionAreIgnored) {
  robot.connect();
  proto::ClientFrame frame = robot.frame();
  frame.connection_number = 9;
  frame.number = 1;
  frame.commands.emplace_back(proto::Get{1, "a"});
  core->receive(robot.peer, frame, at());
  turn();
  EXPECT_FALSE(robot.has_answer(1));
  EXPECT_FALSE(robot.fatal);
}

TEST_F(CoreSession, AnUnknownTokenOpensANewSessionAlsoForALaterConnectionNumber) {
  robot.connection_number = 41;
  robot.received = 17;  // from a session that has ended
  robot.connect();
  EXPECT_FALSE(robot.welcome->resumed);
  EXPECT_EQ(robot.welcome->first_connection, 42u);
}

TEST_F(CoreSession, AClientWhoseWelcomeWasLostIsWelcomedAgain) {
  robot.connection_number = 41;
  robot.received = 17;
  robot.connect();
  robot.received = 17;  // the welcome was lost: the client still uses the old session
  robot.connect();
  EXPECT_FALSE(robot.fatal);
  ASSERT_TRUE(robot.welcome);
  EXPECT_TRUE(robot.welcome->resumed);
  EXPECT_EQ(robot.welcome->first_connection, 42u);  // shows the client that this session is new
}

// ---- Ends

TEST_F(CoreSession, GoodbyeEndsTheSessionAtOnceAndIsAcknowledged) {
  robot.connect();
  robot.subscribe({"a", "b"});
  robot.wait("c", "value > 1");
  turn();
  robot.goodbye();
  turn();
  EXPECT_EQ(robot.acknowledged_by_broker, 3u);
  EXPECT_FALSE(robot.fatal);
  expect_nothing_left();
  EXPECT_THAT(events(), ElementsAre(Event::Kind::session_opened, Event::Kind::goodbye));
}

TEST_F(CoreSession, ASilentSessionExpiresWithItsOpenRequests) {
  robot.connect(1s);
  robot.subscribe({"**"});
  robot.wait("c", "value > 1", 1s);
  turn();
  advance(999ms);
  EXPECT_EQ(statistics().sessions, 1u);
  advance(1ms);
  expect_nothing_left();
  EXPECT_EQ(robot.fatal->code, ErrorCode::session_lost);
  EXPECT_THAT(events(), ElementsAre(Event::Kind::session_opened, Event::Kind::session_expired));
}

TEST_F(CoreSession, AHeartbeatKeepsASessionAlive) {
  robot.connect(1s);
  for (int i = 0; i < 20; ++i) {
    advance(900ms);
    robot.acknowledge();
  }
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreSession, WaitingInputIsReadBeforeSilenceIsJudged) {
  robot.connect(1s);
  now += 10s;  // the broker was paused; the heartbeat is in its input
  robot.acknowledge();
  core->advance(at());
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreSession, ADisconnectedSessionWaitsForItsTimeout) {
  robot.connect(1s);
  robot.cut();
  advance(999ms);
  EXPECT_EQ(statistics().sessions, 1u);
  advance(1ms);
  EXPECT_EQ(statistics().sessions, 0u);
}

TEST_F(CoreSession, TheNextDeadlineIsThatOfTheFirstSilence) {
  EXPECT_FALSE(core->next_deadline());
  robot.connect(5s);
  screen.connect(2s);
  EXPECT_EQ(core->next_deadline(), now + 2s);
}

TEST_F(CoreSession, ShuttingDownTellsEveryClient) {
  robot.connect();
  screen.connect();
  robot.subscribe({"a"});
  screen.cut();
  core->shut_down(at());
  turn();
  EXPECT_EQ(robot.fatal->code, ErrorCode::unavailable);
  EXPECT_FALSE(screen.fatal);
  expect_nothing_left();
}

// ---- A link that is full

TEST_F(CoreSession, AFullLinkIsOfferedItsFrameAgainAndOthersGoOn) {
  robot.connect();
  screen.connect();
  const auto subscription = screen.subscribe({"a"});
  turn();
  screen.take_deliveries(subscription);
  robot.set("a", 1);
  commit();
  bool robot_answered = false;
  while (auto out = core->take_output(at())) {
    if (out->peer == screen.peer) {
      core->full(screen.peer);
    } else {
      robot_answered = true;
      deliver(*out);
    }
  }
  EXPECT_TRUE(robot_answered);
  robot.set("a", 2);
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), IsEmpty());
  core->writable(screen.peer);
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("a", Value(1)), Pair("a", Value(2))));
}

TEST_F(CoreSession, WelcomesAcknowledgementsAndFarewellsAreOfferedAgainToo) {
  const auto refuse_once = [&](PeerId peer) {
    commit();
    const auto out = core->take_output(at());
    ASSERT_TRUE(out);
    ASSERT_EQ(out->peer, peer);
    core->full(peer);
    EXPECT_FALSE(core->take_output(at()));
    core->writable(peer);
    turn();
  };
  proto::ClientFrame hello;
  hello.connection_number = 1;
  hello.hello.emplace().token = robot.token;
  robot.peer = new_peer();
  robot.connection_number = 1;
  by_peer[robot.peer] = &robot;
  core->receive(robot.peer, hello, at());
  refuse_once(robot.peer);
  EXPECT_TRUE(robot.welcome);
  robot.wait("a", "value > 1");
  refuse_once(robot.peer);
  EXPECT_EQ(robot.acknowledged_by_broker, 1u);
  core->refuse(robot.peer, {ErrorCode::protocol_violation, "no frame"}, at());
  refuse_once(robot.peer);
  EXPECT_TRUE(robot.fatal);
}

TEST_F(CoreSession, UnexpectedCallsOfTheServerAreHarmless) {
  core->full(PeerId{1});
  core->writable(PeerId{1});
  core->disconnected(PeerId{1}, at());
  core->committed(100, at());
  robot.connect();
  core->full(robot.peer);
  core->full(robot.peer);
  core->writable(robot.peer);
  core->writable(robot.peer);
  turn();
  EXPECT_TRUE(robot.welcome);
}

}  // namespace
}  // namespace hoiku::broker
