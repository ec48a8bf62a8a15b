// Posts: sets that are answered only if they are refused.
#include "tests/client/session/session_fixture.hpp"

namespace hoiku::client {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class SessionPosts : public SessionTest {
 protected:
  proto::RequestId post(std::string topic, Value value = Value(1)) {
    proto::Set command;
    command.topic = std::move(topic);
    command.value = std::move(value);
    command.is_post = true;
    return *session.submit(std::move(command));
  }
  proto::ServerFrame settled(std::uint64_t through) {
    proto::ServerFrame made = acknowledgement();
    made.settled = through;
    return made;
  }
  proto::ServerFrame refusal(proto::RequestId id, std::uint64_t through) {
    proto::ServerFrame made = frame();
    made.settled = through;
    made.answers.emplace_back(proto::Failed{id, {ErrorCode::type_mismatch, "no"}, {}});
    return made;
  }
};

TEST_F(SessionPosts, ArePostsOnTheWireAndSettledWithTheirFrame) {
  connect();
  post("a");
  const proto::RequestId last = post("b");
  const auto commands = take_commands();
  ASSERT_THAT(commands, SizeIs(2));
  EXPECT_TRUE(std::get<proto::Set>(commands[1]).is_post);
  EXPECT_EQ(session.open_requests(), 2u);
  EXPECT_EQ(give(acknowledgement()).posts_settled, 0u);  // the broker has the frame, and its store does not
  EXPECT_EQ(give(settled(1)).posts_settled, last);
  EXPECT_EQ(session.open_requests(), 0u);
}

TEST_F(SessionPosts, OfLaterFramesAreNotSettled) {
  connect();
  const proto::RequestId first = post("a");
  take_commands();
  post("b");
  take_commands();
  EXPECT_EQ(give(settled(1)).posts_settled, first);
  EXPECT_EQ(session.open_requests(), 1u);
}

TEST_F(SessionPosts, ARefusedOneFails) {
  connect();
  post("a");
  const proto::RequestId refused = post("b");
  post("c");
  take_commands();
  const Received received = give(refusal(refused, 1));
  ASSERT_THAT(received.completions, SizeIs(1));
  EXPECT_EQ(received.completions[0].id, refused);
  EXPECT_EQ(received.posts_settled, refused + 1);
  EXPECT_EQ(session.open_requests(), 0u);
}

TEST_F(SessionPosts, MoreThanTheRequestsInFlightLeave) {
  connect();
  const std::size_t count = options().limits.requests_in_flight_max + 10;
  for (std::size_t i = 0; i < count; ++i) post("a");
  std::size_t sent = 0;
  while (const auto taken = take()) sent += taken->commands.size();
  EXPECT_EQ(sent, count);
}

TEST_F(SessionPosts, AnUnsentOneIsTakenBack) {
  connect();
  const proto::RequestId older = post("a", Value(1));
  const proto::RequestId newer = post("a", Value(2));
  EXPECT_TRUE(session.is_unsent(older));
  session.cancel(older);
  const auto commands = take_commands();
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(proto::id_of(commands[0]), newer);
  EXPECT_FALSE(session.is_unsent(newer));
  session.cancel(newer);  // too late
  EXPECT_EQ(give(settled(1)).posts_settled, newer);
}

TEST_F(SessionPosts, OfALostSessionAreInDoubtUnlessTheyWereUnsent) {
  connect();
  const proto::RequestId first = post("a");
  post("b");
  take_commands();
  give(acknowledgement());  // received, and not settled
  const proto::RequestId unsent = post("c");
  cut();
  const Received received = connect(2);
  ASSERT_THAT(received.completions, SizeIs(1));
  EXPECT_EQ(received.completions[0].id, first);
  const Failure& failure = std::get<proto::Failed>(received.completions[0].answer).failure;
  EXPECT_EQ(failure.code, ErrorCode::outcome_unknown);
  EXPECT_THAT(failure.message, testing::HasSubstr("2 posts, to 'a' and others"));
  EXPECT_EQ(received.posts_settled, first + 1);
  const auto commands = take_commands();
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(proto::id_of(commands[0]), unsent);
  EXPECT_EQ(give(settled(1)).posts_settled, unsent);
}

TEST_F(SessionPosts, OfAResumedSessionAreSentAgainAndInNoDoubt) {
  connect();
  const proto::RequestId id = post("a");
  session.take_frame(now);  // lost
  cut();
  hello();
  EXPECT_THAT(welcome_back().completions, IsEmpty());
  EXPECT_THAT(take_commands(), SizeIs(1));
  EXPECT_EQ(give(settled(1)).posts_settled, id);
}

}  // namespace
}  // namespace hoiku::client
