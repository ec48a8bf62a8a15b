// Requests: limits, answers, and those whose callers have left.
#include "tests/client/session/session_fixture.hpp"

namespace hoiku::client {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

TEST_F(SessionTest, AValueOverTheLimitIsRefusedBeforeItIsSent) {
  connect();
  const auto refused = set("a", std::string((std::size_t{1} << 20) + 1, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, ErrorCode::too_large);
  EXPECT_TRUE(set("a", std::string(std::size_t{1} << 20, 'x')));
}

TEST_F(SessionTest, AStringThatIsNotUtf8IsRefusedBeforeItIsSent) {
  connect();
  const auto refused = set("a", "caf\xE9");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused.failure().message, "the string for 'a' is not UTF-8: a Topic<Bytes> holds any bytes");
  EXPECT_TRUE(set("a", Bytes{"caf\xE9"}));
  EXPECT_TRUE(set("b", "café"));
}

TEST_F(SessionTest, ALongNameIsShortenedInAnError) {
  connect();
  const auto refused = set(std::string(100'000, 'n'), std::string((std::size_t{1} << 20) + 1, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_LT(refused.failure().message.size(), 500u);
}

TEST_F(SessionTest, APredicateThatFitsNoFrameIsRefused) {
  const auto big = Predicate::compare(Predicate::Op::equal, std::string(std::size_t{5} << 20, 'x'));
  const auto refused = wait("a", big, 0ns);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, ErrorCode::too_large);
}

TEST_F(SessionTest, FramesStayFarBelowTheirLimit) {
  connect();
  for (int i = 0; i < 6; ++i) *set("a", std::string(std::size_t{1} << 20, 'x'));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(take_commands().size(), 1u);
  EXPECT_EQ(take(), nullptr);
}

TEST_F(SessionTest, NoMoreRequestsAreInFlightThanTheBrokerAnswersAtOnce) {
  connect();
  proto::RequestId first = 0;
  for (int i = 0; i < 10; ++i) {
    const auto id = *set("a", i);
    if (i == 0) first = id;
  }
  EXPECT_EQ(take_commands().size(), 8u);
  EXPECT_EQ(take(), nullptr);
  give(set_done(first, 1));
  EXPECT_EQ(take_commands().size(), 1u);
}

TEST_F(SessionTest, ACommandThatIsCancelledBeforeItIsSentNeverIs) {
  const auto id = *set("a", 1);
  const auto kept = *set("b", 2);
  session.cancel(id);
  connect();
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<proto::Set>(commands[0]).id, kept);
}

TEST_F(SessionTest, CancelledRequestsDoNotPileUpWithoutAConnection) {
  for (int i = 0; i < 10'000; ++i) session.cancel(*set("a", i));
  EXPECT_EQ(session.open_requests(), 0u);
  connect();
  EXPECT_EQ(take(), nullptr);
}

TEST_F(SessionTest, AnAbandonedWriteStillCountsUntilItsAnswerComes) {
  connect();
  std::vector<proto::RequestId> ids;
  for (int i = 0; i < 9; ++i) ids.push_back(*set("a", i));
  EXPECT_EQ(take_commands().size(), 8u);
  session.cancel(ids[0]);
  EXPECT_EQ(session.open_requests(), 8u);
  EXPECT_EQ(take(), nullptr);  // its place is not free yet
  EXPECT_THAT(give(set_done(ids[0], 1)).completions, IsEmpty());
  EXPECT_EQ(take_commands().size(), 1u);
}

TEST_F(SessionTest, ACancelledWaitIsTakenBackWithTheNextFrame) {
  connect();
  const auto id = *wait("a", {}, 0ns);
  take();
  session.cancel(id);
  session.cancel(id);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<proto::CancelWait>(commands[0]).wait, id);
  proto::ServerFrame late = frame();
  proto::WaitDone done;
  done.id = id;
  done.match = std::make_shared<Transition>();
  late.answers.emplace_back(done);
  EXPECT_THAT(give(late).completions, IsEmpty());
  EXPECT_EQ(session.open_requests(), 0u);
}

TEST_F(SessionTest, WhatEndsOrRenewsOvertakesTheWritesThatWaitForRoom) {
  connect();
  const auto waiting = *wait("door", {}, 0ns);
  proto::Own own;
  own.topic = "mine";
  const auto lease = *session.submit(own);
  const auto closed = subscribe({"a"});
  proto::Subscribe command;
  command.topics = {"b"};
  command.mode = proto::Mode::every;
  const auto every = *session.submit(command);
  take();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(set("a", i));
  EXPECT_EQ(take_commands().size(), 8u);
  const std::uint64_t credit = options().limits.credit_transitions;
  proto::ServerFrame made = frame();
  for (std::uint64_t i = 1; i <= credit; ++i) made.deliveries.push_back(delivery(every, "b", i, 1));
  give(made);
  session.cancel(waiting);
  session.cancel(closed);
  for (std::uint64_t i = 0; i < credit / 2; ++i) session.take(every);
  session.cancel(lease);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 3u) << "the release comes after the owner's writes";
  EXPECT_EQ(std::get<proto::CancelWait>(commands[0]).wait, waiting);
  EXPECT_EQ(std::get<proto::Unsubscribe>(commands[1]).subscription, closed);
  EXPECT_EQ(std::get<proto::Renew>(commands[2]).taken, credit / 2);
}

TEST_F(SessionTest, WhatOvertakesIsOfItsSessionOnly) {
  connect();
  const auto waiting = *wait("door", {}, 0ns);
  take();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(set("a", i));
  take();
  session.cancel(waiting);
  cut();
  hello();
  welcome_new(2);
  for (const proto::Command& command : take_commands()) EXPECT_TRUE(std::holds_alternative<proto::Set>(command));
}

TEST_F(SessionTest, AWaitIsSentWithItsRemainingTime) {
  const auto limited = *wait("a", {}, 0ns, now + 10s);
  const auto change = *wait_transition("a", now + 3s);
  const auto endless = *wait("a", {}, 0ns);
  now += 4s;
  connect();
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(std::get<proto::Wait>(commands[0]).id, limited);
  EXPECT_EQ(std::get<proto::Wait>(commands[0]).expires_after, 6s);
  EXPECT_EQ(std::get<proto::WaitTransition>(commands[1]).id, change);
  EXPECT_EQ(std::get<proto::WaitTransition>(commands[1]).expires_after, 1ns);  // 0 would be "no limit"
  EXPECT_EQ(std::get<proto::Wait>(commands[2]).id, endless);
  EXPECT_EQ(std::get<proto::Wait>(commands[2]).expires_after, 0ns);
}

TEST_F(SessionTest, AResentFrameHasTheSameContents) {
  connect();
  *wait("a", {}, 0ns, now + 10s);
  session.take_frame(now);
  cut();
  now += 2s;
  hello();
  welcome_back();
  EXPECT_EQ(std::get<proto::Wait>(take_commands().at(0)).expires_after, 10s);
}

TEST_F(SessionTest, ARepeatedWaitKeepsTheFirstOneOpen) {
  connect();
  const auto first = *wait_transition("a", now + 1s);
  take();
  proto::ServerFrame armed = frame();
  armed.answers.emplace_back(proto::TransitionArmed{first, Version{5, 7}});
  give(armed);
  const auto second = *session.repeat(first, now + 9s);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  const auto& again = std::get<proto::WaitTransition>(commands[0]);
  EXPECT_EQ(again.id, second);
  EXPECT_EQ(again.expires_after, 9s);
  EXPECT_EQ(again.after, (Version{5, 7}));
  EXPECT_EQ(session.open_requests(), 2u);
}

TEST_F(SessionTest, AnEndingCommandIsNotSentAgainInANewSession) {
  connect();
  const auto id = *wait("a", {}, 0ns);
  take();
  session.cancel(id);
  cut();
  hello();
  welcome_new();
  EXPECT_EQ(take(), nullptr);
}

TEST_F(SessionTest, AListCountsAsInFlightUntilItsAnswerComes) {
  connect();
  std::vector<proto::RequestId> ids;
  for (int i = 0; i < 9; ++i) ids.push_back(list("**", 0));
  EXPECT_EQ(take_commands().size(), 8u);
  session.cancel(ids[0]);
  EXPECT_EQ(take(), nullptr);  // its place is not free yet
  EXPECT_THAT(give(list_done(ids[0])).completions, IsEmpty());
  EXPECT_EQ(take_commands().size(), 1u);
  const Received received = give(list_done(ids[1]));
  ASSERT_EQ(received.completions.size(), 1u);
  EXPECT_EQ(std::get<proto::ListDone>(received.completions[0].answer).next, 7u);
}

TEST_F(SessionTest, AListOfALostSessionIsAskedAgain) {
  connect();
  const auto id = list("a/*", 3);
  take();
  cut();
  hello();
  EXPECT_THAT(welcome_new().completions, IsEmpty());
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<proto::List>(commands[0]).id, id);
  EXPECT_EQ(std::get<proto::List>(commands[0]).cursor, 3u);
}

TEST_F(SessionTest, AnAnswerOfTheWrongKindIsAnErrorOfThatRequestOnly) {
  connect();
  const auto id = get("a");
  take();
  const Received received = give(set_done(id, 1));
  ASSERT_EQ(received.completions.size(), 1u);
  EXPECT_EQ(std::get<proto::Failed>(received.completions[0].answer).failure.code, ErrorCode::protocol_violation);
}

TEST_F(SessionTest, AnswersToUnknownRequestsAreIgnored) {
  connect();
  EXPECT_THAT(give(set_done(77, 1)).completions, IsEmpty());
}

TEST_F(SessionTest, ARequestTooLargeForTheNextBrokerFailsWithoutBeingSent) {
  const auto id = *set("a", std::string(200'000, 'x'));
  hello();
  proto::ServerFrame made = acknowledgement();
  made.welcome.emplace();
  made.welcome->frame_bytes_max = 100'000;
  const Received received = give(made);
  ASSERT_EQ(received.completions.size(), 1u);
  EXPECT_EQ(received.completions[0].id, id);
  EXPECT_EQ(take(), nullptr);
}

}  // namespace
}  // namespace hoiku::client
