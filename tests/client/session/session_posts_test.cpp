// Posts: sets that are answered only if they are refused.
#include "client/src/bus/posts.hpp"
#include "hoiku/proto/codec.hpp"
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

TEST_F(SessionPosts, AreSettledByTheLastFrameOfTheirSession) {
  connect();
  post("a");
  take_commands();
  const proto::RequestId second = post("b");
  take_commands();
  proto::ServerFrame last = settled(1);
  last.fatal = Failure{ErrorCode::unavailable, "the broker is shutting down"};
  const Received received = give(last);
  EXPECT_EQ(received.posts_settled, second);
  ASSERT_THAT(received.completions, SizeIs(1));
  EXPECT_EQ(received.completions[0].id, second) << "only this one is in doubt";
}

TEST_F(SessionPosts, AskForNoReplyUnlessSomebodyWaits) {
  connect();
  post("a");
  EXPECT_FALSE(session.take_frame(now)->reply_at_once);
  EXPECT_EQ(session.take_frame(now), nullptr);
  session.ask_for_settlement();
  EXPECT_LE(session.next_frame_due(), now);
  const auto question = session.take_frame(now);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->number, 0u);
  EXPECT_TRUE(question->reply_at_once);
  EXPECT_EQ(session.take_frame(now), nullptr);
  post("b");
  session.ask_for_settlement();
  EXPECT_TRUE(session.take_frame(now)->reply_at_once);
  EXPECT_EQ(session.take_frame(now), nullptr);
  give(settled(2));
  session.ask_for_settlement();  // all are settled
  EXPECT_EQ(session.take_frame(now), nullptr);
}

TEST_F(SessionPosts, AskWhileTheyUseUpTheRoomForPosts) {
  connect();
  const auto asks_after = [&](std::size_t posts, std::size_t bytes) {
    for (std::size_t i = 0; i < posts; ++i) EXPECT_TRUE(session.post("a", Value(Bytes(std::string(bytes, 'x')))));
    bool asks = false;  // the last frame, with which all of them have left
    while (const auto frame = session.take_frame(now)) asks = frame->reply_at_once;
    return asks;
  };
  EXPECT_FALSE(asks_after(Settlement::posts_max - 1, 1));
  EXPECT_TRUE(asks_after(1, 1));
  EXPECT_FALSE(asks_after(1, 1));
  EXPECT_TRUE(asks_after(1, Settlement::bytes_max));
  EXPECT_TRUE(asks_after(3 * Settlement::posts_max, 1));
  EXPECT_FALSE(asks_after(1, 1));
  EXPECT_GE(Posts::posts_max / Settlement::posts_max, 8u);
  EXPECT_GE(Posts::post_bytes_max / Settlement::bytes_max, 8u);
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

// ---- Packed

class PackedPosts : public SessionPosts {
 protected:
  proto::RequestId pack(const std::string& topic, const Value& value = Value(1)) {
    return session.post(topic, value).value();
  }
  // The next frame, as it travels.
  std::vector<proto::Command> travelling() {
    const auto sent = session.take_frame(now);
    if (!sent) return {};
    if (sent->number != 0) client_frames = sent->number;
    return sent->commands;
  }
  static std::vector<std::string> names(const proto::Sets& sets) {
    std::vector<std::string> all;
    for (const proto::Sets::Name& name : sets.names) all.push_back(name.topic);
    return all;
  }
  static const proto::Sets& sets_of(const std::vector<proto::Command>& commands, std::size_t place = 0) {
    return std::get<proto::Sets>(commands.at(place));
  }
};

TEST_F(PackedPosts, TravelInOneCommandAndNameATopicOnce) {
  connect();
  const proto::RequestId first = pack("a");
  pack("b", Value("x"));
  pack("a", Value(2));
  const auto commands = travelling();
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(sets_of(commands).id, first);
  EXPECT_TRUE(sets_of(commands).is_post);
  EXPECT_THAT(sets_of(commands).topics, testing::ElementsAre(1, 2, 1));
  EXPECT_THAT(names(sets_of(commands)), testing::ElementsAre("a", "b"));
  const proto::RequestId last = pack("b");
  EXPECT_THAT(sets_of(travelling()).names, IsEmpty());
  EXPECT_EQ(session.open_requests(), 4u);
  EXPECT_EQ(give(settled(2)).posts_settled, last);
}

TEST_F(PackedPosts, KeepTheirOrderAmongOtherCommands) {
  connect();
  const proto::RequestId first = pack("a");
  const proto::RequestId second = set("a", Value(2)).value();
  const proto::RequestId third = get("a");
  const proto::RequestId fourth = pack("a");
  const auto commands = travelling();
  ASSERT_THAT(commands, SizeIs(4));
  EXPECT_EQ(sets_of(commands, 0).id, first);
  EXPECT_EQ(sets_of(commands, 1).id, second);
  EXPECT_FALSE(sets_of(commands, 1).is_post);
  EXPECT_EQ(proto::id_of(commands[2]), third);
  EXPECT_EQ(sets_of(commands, 3).id, fourth);
}

TEST_F(PackedPosts, ANewSessionIsToldTheNamesAgain) {
  connect();
  pack("a");
  EXPECT_THAT(names(sets_of(travelling())), testing::ElementsAre("a"));
  const proto::RequestId unsent = pack("a");
  cut();
  connect(2);
  const auto commands = travelling();
  EXPECT_EQ(sets_of(commands).id, unsent);
  EXPECT_THAT(names(sets_of(commands)), testing::ElementsAre("a"));
}

TEST_F(PackedPosts, AFrameThatIsSentAgainNamesItsTopicsAgain) {
  connect();
  pack("a");
  session.take_frame(now);  // lost
  cut();
  hello();
  welcome_back();
  EXPECT_THAT(names(sets_of(travelling())), testing::ElementsAre("a"));
}

TEST_F(PackedPosts, OneThatIsRefusedFailsAlone) {
  connect();
  pack("a");
  const proto::RequestId refused = pack("b");
  const proto::RequestId last = pack("c");
  travelling();
  const Received received = give(refusal(refused, 1));
  ASSERT_THAT(received.completions, SizeIs(1));
  EXPECT_EQ(received.completions[0].id, refused);
  EXPECT_EQ(received.posts_settled, last);
}

TEST_F(PackedPosts, AStringThatIsNotUtf8IsRefusedAtOnce) {
  EXPECT_EQ(session.post("a", Value("\xFF")).failure().code, ErrorCode::invalid_argument);
  EXPECT_EQ(session.open_requests(), 0u);
}

TEST_F(PackedPosts, ManyTopicsFitIntoFramesWithTheirNames) {
  connect();
  std::size_t topics = 0;
  for (int i = 0; i < 1500; ++i) pack(std::string(200, 'x') + std::to_string(i), Value(std::string(500, 'y')));
  for (;;) {
    const auto sent = session.take_frame(now);
    if (!sent) break;
    const std::string bytes = proto::encode(*sent);
    EXPECT_LE(bytes.size(), Limits{}.turn_bytes_max);
    EXPECT_TRUE(proto::decode_client_frame(bytes));
    for (const proto::Command& command : sent->commands) topics += std::get<proto::Sets>(command).names.size();
  }
  EXPECT_EQ(topics, 1500u);
}

TEST_F(PackedPosts, TopicsBeyondTheLastNumberTravelWithTheirNames) {
  connect();
  for (std::size_t i = 0; i <= proto::topic_numbers_max; ++i) pack("t" + std::to_string(i));
  std::size_t named = 0;
  for (auto commands = travelling(); !commands.empty(); commands = travelling()) {
    for (const proto::Command& command : commands) named += std::holds_alternative<proto::Set>(command) ? 1 : 0;
  }
  EXPECT_EQ(named, 1u);
}

TEST_F(PackedPosts, OneThatIsTooLargeForTheNextBrokerFailsAlone) {
  const proto::RequestId first = pack("a", Value(std::string(70'000, 'x')));
  const proto::RequestId second = pack("a", Value(std::string(60'000, 'x')));
  hello();
  proto::ServerFrame welcome = acknowledgement();
  welcome.welcome.emplace();
  welcome.welcome->first_connection = connection_number;
  welcome.welcome->frame_bytes_max = 64 << 10;
  const Received received = give(welcome);
  ASSERT_THAT(received.completions, SizeIs(1));
  EXPECT_EQ(received.completions[0].id, first);
  EXPECT_EQ(proto::id_of(travelling().at(0)), second);
}

TEST_F(PackedPosts, OfManyTopicsFitIntoTheFramesOfAnyBroker) {
  for (int i = 0; i < 200; ++i) pack(std::string(240, 'x') + std::to_string(i), Value(std::string(250, 'y')));
  hello();
  proto::ServerFrame welcome = acknowledgement();
  welcome.welcome.emplace();
  welcome.welcome->first_connection = connection_number;
  welcome.welcome->frame_bytes_max = 64 << 10;
  EXPECT_THAT(give(welcome).completions, IsEmpty());
  std::size_t sent_writes = 0;
  while (const auto sent = session.take_frame(now)) {
    EXPECT_LE(proto::encode(*sent).size(), std::size_t{64} << 10);
    for (const proto::Command& command : sent->commands) sent_writes += std::get<proto::Sets>(command).size();
  }
  EXPECT_EQ(sent_writes, 200u);
}

TEST_F(PackedPosts, CannotBeTakenBack) {
  connect();
  const proto::RequestId first = pack("a");
  pack("b");
  session.cancel(first);
  EXPECT_EQ(sets_of(travelling()).size(), 2u);
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
