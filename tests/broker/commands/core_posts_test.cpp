// Posts: sets that are answered only if they are refused.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::IsEmpty;

class CorePosts : public CoreTest {
 protected:
  CorePosts() { robot.connect(); }
  // The broker sends what it can before the store has confirmed anything.
  void turn_without_store() {
    for (Record& record : core->take_records()) last_record = record.sequence;
    while (auto out = core->take_output(at())) deliver(*out);
  }
  void confirm(std::uint64_t sequence) {
    core->committed(sequence, at());
    turn_without_store();
  }
  proto::Set post(const std::string& topic, Value value) {
    return proto::Set{++robot.last_id, topic, std::move(value), {}, {}, true};
  }

  FakeClient robot{*this, "robot", 1};
  std::uint64_t last_record = 0;
};

TEST_F(CorePosts, APostIsAppliedAndSettledWithoutAnAnswer) {
  const auto first = robot.post("battery", Value(1));
  const auto same = robot.post("battery", Value(1));
  turn();
  EXPECT_FALSE(robot.has_answer(first));
  EXPECT_FALSE(robot.has_answer(same));
  EXPECT_EQ(robot.settled, 2u);
  const auto got = robot.get("battery");
  turn();
  EXPECT_EQ(robot.answered<proto::GetDone>(got).current->value, Value(1));
}

TEST_F(CorePosts, AClientWithoutPostsIsToldNothingOfThem) {
  robot.set("battery", Value(1));
  turn();
  EXPECT_EQ(robot.settled, 0u);
}

TEST_F(CorePosts, ARefusedPostIsAnsweredNotAfterItIsSettled) {
  const auto refused = robot.post("a//b", Value(1));
  const auto conflict = robot.post("battery", Value(1), Version{7, 7});
  turn();
  EXPECT_EQ(robot.failed(refused), ErrorCode::invalid_topic);
  EXPECT_EQ(robot.failed(conflict), ErrorCode::version_conflict);
  EXPECT_EQ(robot.settled, 2u);
  std::size_t refusals = 0;  // one for each client frame
  for (const auto& frame : robot.frames) {
    refusals += frame->answers.size();
    EXPECT_LE(frame->settled, refusals);
  }
}

TEST_F(CorePosts, PostsAreNotInFlight) {
  restart(limited([](Limits& limits) { limits.requests_in_flight_max = 2; }));
  robot.connect();
  robot.acknowledges = false;
  for (int i = 0; i < 100; ++i) robot.post("battery", Value(i));
  const auto got = robot.get("battery");
  turn();
  EXPECT_EQ(robot.answered<proto::GetDone>(got).current->value, Value(99));
  EXPECT_EQ(robot.settled, 101u);
}

TEST_F(CorePosts, APostIsSettledWhenTheStoreHasIt) {
  robot.post("battery", Value(1));
  turn_without_store();
  EXPECT_EQ(robot.acknowledged_by_broker, 1u);
  EXPECT_EQ(robot.settled, 0u);
  const std::uint64_t first = last_record;
  robot.post("battery", Value(1));  // equal to the pending state
  robot.post("motor", Value(2));
  turn_without_store();
  EXPECT_EQ(robot.settled, 0u);
  confirm(first);
  EXPECT_EQ(robot.settled, 2u);
  confirm(last_record);
  EXPECT_EQ(robot.settled, 3u);
}

TEST_F(CorePosts, AFrameThatAsksForNoReplyIsAcknowledgedAndSettledALittleLater) {
  robot.asks = false;
  const std::size_t before = robot.frames.size();
  for (int i = 0; i < 10; ++i) {
    robot.post("battery", Value(i));
    turn();
    advance(1ms);
  }
  EXPECT_EQ(robot.frames.size(), before);
  advance(10ms - 1ns);
  turn();
  EXPECT_EQ(robot.frames.size(), before);
  advance(1ns);
  turn();
  EXPECT_EQ(robot.frames.size(), before + 1);
  EXPECT_EQ(robot.acknowledged_by_broker, 10u);
  EXPECT_EQ(robot.settled, 10u);
  advance(1s);
  turn();
  EXPECT_EQ(robot.frames.size(), before + 1) << "there is nothing more to say";
}

TEST_F(CorePosts, TheNextFrameOfTheBrokerSettlesToo) {
  robot.asks = false;
  robot.post("battery", Value(1));
  robot.get("battery");
  turn();
  EXPECT_EQ(robot.settled, 2u);
  const std::size_t before = robot.frames.size();
  robot.acknowledge();
  advance(1s);
  turn();
  EXPECT_EQ(robot.frames.size(), before);
}

TEST_F(CorePosts, AClientThatAsksHearsOfItsPostsWhenTheStoreHasThem) {
  robot.asks = false;
  robot.post("battery", Value(1));
  robot.post("battery", Value(2));
  turn_without_store();
  const std::uint64_t first = last_record - 1;
  proto::ClientFrame question = robot.frame();
  question.reply_at_once = true;
  core->receive(robot.peer, question, at());
  turn_without_store();
  EXPECT_EQ(robot.acknowledged_by_broker, 2u);
  EXPECT_EQ(robot.settled, 0u);
  robot.post("battery", Value(3));  // after the question
  turn_without_store();
  confirm(first);
  EXPECT_EQ(robot.settled, 1u);
  confirm(first + 1);
  EXPECT_EQ(robot.settled, 2u);
  confirm(last_record);
  EXPECT_EQ(robot.settled, 2u);
  advance(20ms);
  turn();
  EXPECT_EQ(robot.settled, 3u);
}

TEST_F(CorePosts, TheLastFrameOfASessionSettlesWhatTheStoreHas) {
  robot.asks = false;
  robot.post("battery", Value(1));
  turn();
  robot.post("battery", Value(2));
  core->shut_down(at());
  turn_without_store();
  ASSERT_TRUE(robot.fatal);
  EXPECT_EQ(robot.settled, 1u);
  const std::size_t before = robot.frames.size();
  advance(1s);  // nobody waits for an acknowledgement any more
  turn();
  EXPECT_EQ(robot.frames.size(), before);
}

TEST_F(CorePosts, TheLastFrameOfASessionSettlesNothingWhoseRefusalHasNotLeft) {
  robot.post("a//b", Value(1));
  for (const Record& record : core->take_records()) last_record = record.sequence;
  const auto refusal = core->take_output(at());
  ASSERT_TRUE(refusal && refusal->frame->number != 0);
  core->full(refusal->peer);
  core->shut_down(at());
  core->writable(refusal->peer);
  turn_without_store();
  ASSERT_TRUE(robot.fatal);
  EXPECT_EQ(robot.settled, 0u);
}

TEST_F(CorePosts, ASessionThatItsClientHasAbandonedSettlesNothingOfTheNextOne) {
  robot.post("battery", Value(1));
  turn();
  EXPECT_EQ(robot.settled, 1u);
  robot.sent = 5;
  robot.post("battery", Value(2));  // a frame is missing
  turn();
  ASSERT_TRUE(robot.fatal);
  robot.connect();
  robot.sent = 0;
  robot.settled = 0;
  robot.post("battery", Value(3));  // frame 1, which is not executed
  turn();
  EXPECT_EQ(robot.fatal->code, ErrorCode::session_lost);
  EXPECT_EQ(robot.settled, 0u);
}

TEST_F(CorePosts, AFrameIsSettledWhenTheStoreHasAllOfItsPosts) {
  robot.send({post("battery", Value(1)), post("motor", Value(2))});
  turn_without_store();
  confirm(last_record - 1);
  EXPECT_EQ(robot.settled, 0u);
  confirm(last_record);
  EXPECT_EQ(robot.settled, 1u);
}

// A write of another session confirms nothing of this one's.
TEST_F(CorePosts, EachSessionsPostsAreSettledByTheirOwnCommits) {
  FakeClient other(*this, "other", 2);
  other.connect();
  robot.post("battery", Value(1));
  other.post("motor", Value(2));
  turn_without_store();
  confirm(last_record - 1);
  EXPECT_EQ(robot.settled, 1u);
  EXPECT_EQ(other.settled, 0u);
}

TEST_F(CorePosts, AResumedSessionIsToldAgainWhatIsSettled) {
  robot.post("battery", Value(1));
  robot.cut();  // before the settlement was sent
  turn();
  EXPECT_EQ(robot.settled, 0u);
  robot.connect();
  EXPECT_TRUE(robot.welcome->resumed);
  EXPECT_EQ(robot.settled, 1u);
}

// Frames that are sent again say what was settled when they were built.
TEST_F(CorePosts, AResumedSessionIsToldWhatIsSettledAfterItsKeptFrames) {
  robot.acknowledges = false;
  robot.post("battery", Value(1));
  robot.get("battery");
  turn();
  EXPECT_EQ(robot.settled, 2u);
  robot.post("battery", Value(2));
  robot.cut();
  turn();
  robot.connect();
  EXPECT_EQ(robot.settled, 3u);
}

TEST_F(CorePosts, ARefusalThatWaitsForRoomHoldsTheSettlementBack) {
  restart(limited([](Limits& limits) { limits.unacknowledged_bytes_max = 1; }));
  robot.connect();
  robot.acknowledges = false;
  const auto first = robot.post("a//b", Value(1));
  const auto second = robot.post("b//c", Value(1));
  turn();
  EXPECT_TRUE(robot.has_answer(first));
  EXPECT_FALSE(robot.has_answer(second));
  EXPECT_EQ(robot.settled, 1u);
  robot.acknowledge();
  turn();
  EXPECT_TRUE(robot.has_answer(second));
  EXPECT_EQ(robot.settled, 2u);
}

TEST_F(CorePosts, AClientThatDoesNotReadItsRefusalsLosesItsSession) {
  restart(limited([](Limits& limits) { limits.unsettled_posts_max = 10; }));
  robot.connect();
  robot.acknowledges = false;
  for (int i = 0; i < 10; ++i) robot.post("a//b", Value(1));
  turn();
  EXPECT_FALSE(robot.fatal);
  robot.post("battery", Value(1));
  turn();
  ASSERT_TRUE(robot.fatal);
  EXPECT_EQ(robot.fatal->code, ErrorCode::limit_exceeded);
  EXPECT_THAT(robot.fatal->message, testing::HasSubstr("10 posts that are not settled"));
}

TEST_F(CorePosts, AClientThatDoesNotAwaitASlowStoreLosesItsSession) {
  restart(limited([](Limits& limits) { limits.unsettled_posts_max = 10; }));
  robot.connect();
  for (int i = 0; i < 10; ++i) robot.post("battery", Value(1));  // equal ones, too
  turn_without_store();
  EXPECT_FALSE(robot.fatal);
  robot.post("battery", Value(2));
  turn_without_store();
  ASSERT_TRUE(robot.fatal);
  EXPECT_EQ(robot.fatal->code, ErrorCode::limit_exceeded);
}

TEST_F(CorePosts, ASessionKeepsItsPlaceWhileAPostWaitsForTheStore) {
  restart(limited([](Limits& limits) { limits.sessions_max = 1; }));
  robot.connect();
  robot.post("battery", Value(1));
  turn_without_store();
  robot.cut();
  FakeClient other(*this, "other", 2);
  other.say_hello();
  turn_without_store();
  ASSERT_TRUE(other.fatal);
  EXPECT_EQ(other.fatal->code, ErrorCode::limit_exceeded);
}

TEST_F(CorePosts, APostOfASessionThatHasEndedIsCommitted) {
  robot.post("battery", Value(1));
  const std::vector<Record> records = core->take_records();
  robot.goodbye();
  core->committed(records.back().sequence, at());
  FakeClient other(*this, "other", 2);
  other.connect();
  const auto got = other.get("battery");
  turn();
  EXPECT_EQ(other.answered<proto::GetDone>(got).current->value, Value(1));
}

TEST_F(CorePosts, PostsAndSetsOfOneFrameAreAppliedInOrder) {
  const proto::Set first = post("battery", Value(1));
  const proto::Set second{++robot.last_id, "battery", Value(2), {}, {}};
  const proto::Set third = post("battery", Value(3));
  robot.send({first, second, third});
  turn();
  EXPECT_EQ(robot.answered<proto::SetDone>(second.id).version.number, 2u);
  const auto got = robot.get("battery");
  turn();
  EXPECT_EQ(robot.answered<proto::GetDone>(got).current->version.number, 3u);
  EXPECT_THAT(robot.fatal ? robot.fatal->message : "", IsEmpty());
}

}  // namespace
}  // namespace hoiku::broker
