// Leases: who may write an owned topic, and what its last will does when the owner ends.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class CoreOwnership : public CoreTest {
 protected:
  CoreOwnership() {
    imu.connect(1s);
    rival.connect(1h);
    screen.connect(1h);
  }
  const Transition& committed(const std::string& topic) {
    const auto get = screen.get(topic);
    turn();
    return *screen.answered<proto::GetDone>(get).current;
  }
  void expect_state(const std::string& topic, const Value& value, Quality quality) {
    EXPECT_EQ(committed(topic).value, value);
    EXPECT_EQ(committed(topic).quality, quality);
  }

  FakeClient imu{*this, "imu", 1};
  FakeClient rival{*this, "rival", 2};
  FakeClient screen{*this, "screen", 3};
};

TEST_F(CoreOwnership, OnlyTheOwnerMayWrite) {
  const auto lease = imu.own("yaw");
  const auto mine = imu.set("yaw", 1.5);
  const auto yours = rival.set("yaw", 2.5);
  const auto unset = rival.set("yaw", Value());
  const auto commit = rival.commit({proto::TopicWrite{"free", 1, {}, {}}, proto::TopicWrite{"yaw", 2.5, {}, {}}});
  turn();
  EXPECT_TRUE(imu.owns(lease));
  EXPECT_EQ(imu.armed.at(lease), Version{});
  EXPECT_TRUE(imu.answered<proto::SetDone>(mine).changed);
  EXPECT_EQ(rival.failed(yours), ErrorCode::not_owner);
  EXPECT_THAT(rival.answered<proto::Failed>(yours).failure.message, HasSubstr("'yaw' belongs to client 'imu'"));
  EXPECT_EQ(rival.failed(unset), ErrorCode::not_owner);
  EXPECT_EQ(rival.failed(commit), ErrorCode::not_owner);
  EXPECT_EQ(committed("free").version.number, 0u);
  expect_state("yaw", 1.5, Quality::live);
  EXPECT_EQ(statistics().leases, 1u);
}

TEST_F(CoreOwnership, AReleasedTopicHasItsLastWillAndIsWritable) {
  const auto lease = imu.own("yaw", 0.0);
  imu.set("yaw", 1.5);
  imu.release(lease);
  turn();
  expect_state("yaw", 0.0, Quality::orphaned);
  EXPECT_EQ(committed("yaw").writer, "imu");
  EXPECT_FALSE(imu.has_answer(lease));
  EXPECT_EQ(statistics().leases, 0u);
  rival.set("yaw", 0.0);
  turn();
  expect_state("yaw", 0.0, Quality::live);
  EXPECT_EQ(committed("yaw").version.number, 3u);
}

TEST_F(CoreOwnership, WithoutAWillTheTopicIsUnsetAndRemoved) {
  const auto reader = screen.subscribe({"yaw"}, {}, proto::Mode::every);
  turn();
  imu.own("yaw");
  imu.set("yaw", 1.5);
  turn();
  imu.goodbye();
  turn();
  ASSERT_THAT(screen.deliveries, SizeIs(3));
  EXPECT_EQ(screen.deliveries.back().transition->quality, Quality::orphaned);
  EXPECT_THAT(screen.take_deliveries(reader),
              ElementsAre(Pair("yaw", Value()), Pair("yaw", Value(1.5)), Pair("yaw", Value())));
  screen.unsubscribe(reader);
  turn();
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreOwnership, AWillEqualToTheValueStillMakesItOrphaned) {
  imu.own("yaw", 1.5);
  imu.set("yaw", 1.5);
  imu.goodbye();
  turn();
  expect_state("yaw", 1.5, Quality::orphaned);
  EXPECT_EQ(committed("yaw").version.number, 2u);
}

TEST_F(CoreOwnership, AnEndedLeaseLeavesANeverSetTopicUnchanged) {
  imu.own("yaw");
  imu.goodbye();
  turn();
  EXPECT_EQ(statistics().commits, 0u);
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreOwnership, WaitingInputIsReadBeforeSilenceEndsALease) {
  imu.own("yaw", 0.0);
  imu.set("yaw", 1.5);
  turn();
  now += 1s;
  imu.acknowledge();  // was waiting when the broker judged the silence
  core->advance(at());
  turn();
  expect_state("yaw", 1.5, Quality::live);
  advance(999ms);
  expect_state("yaw", 1.5, Quality::live);
  advance(1ms);
  expect_state("yaw", 0.0, Quality::orphaned);
  EXPECT_EQ(statistics().leases, 0u);
}

TEST_F(CoreOwnership, AllWillsOfASessionAreOneCommitInTheOrderOfTheLeases) {
  const auto reader = screen.subscribe({"imu/*"}, {}, proto::Mode::every);
  for (const char* axis : {"imu/z", "imu/x", "imu/y"}) {
    imu.own(axis, "gone");
    imu.set(axis, "here");
  }
  turn();
  screen.take_deliveries(reader);
  imu.goodbye();
  const auto records = core->take_records();
  ASSERT_THAT(records, SizeIs(1));
  ASSERT_THAT(records[0].transitions, SizeIs(3));
  EXPECT_EQ(records[0].transitions[0]->topic(), "imu/z");
  EXPECT_EQ(records[0].transitions[2]->topic(), "imu/y");
}

TEST_F(CoreOwnership, ATopicHasOneOwnerWhichCannotOwnItTwice) {
  const auto first = imu.own("yaw");
  const auto second = rival.own("yaw");
  const auto again = imu.own("yaw");
  turn();
  EXPECT_TRUE(imu.owns(first));
  EXPECT_EQ(rival.failed(second), ErrorCode::not_owner);
  EXPECT_THAT(rival.answered<proto::Failed>(second).failure.message, HasSubstr("'yaw' belongs to client 'imu'"));
  EXPECT_EQ(imu.failed(again), ErrorCode::invalid_argument);
}

TEST_F(CoreOwnership, TakingOverExecutesNoWillAndFencesTheOldOwner) {
  const auto reader = screen.subscribe({"yaw"}, {}, proto::Mode::every);
  const auto first = imu.own("yaw", "offline");
  imu.set("yaw", "fine");
  turn();
  screen.take_deliveries(reader);
  const auto second = rival.own("yaw", "offline", true);
  const auto late = imu.set("yaw", "late");
  const auto next = rival.set("yaw", "better");
  turn();
  EXPECT_TRUE(rival.owns(second));
  EXPECT_EQ(rival.armed.at(second).number, 1u);
  EXPECT_EQ(imu.failed(first), ErrorCode::not_owner);
  EXPECT_THAT(imu.answered<proto::Failed>(first).failure.message, HasSubstr("taken over by client 'rival'"));
  EXPECT_EQ(imu.failed(late), ErrorCode::not_owner);
  EXPECT_TRUE(rival.answered<proto::SetDone>(next).changed);
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair("yaw", Value("better"))));
  // The end of the first owner does not change the topic.
  imu.goodbye();
  turn();
  expect_state("yaw", "better", Quality::live);
  EXPECT_EQ(statistics().leases, 1u);
}

TEST_F(CoreOwnership, AReturningOwnerWhoseSessionWasLostIsRefused) {
  imu.own("yaw", 0.0);
  imu.set("yaw", 1.5);
  turn();
  imu.cut();
  advance_by_deadlines(1s);
  expect_state("yaw", 0.0, Quality::orphaned);
  const auto now_mine = rival.own("yaw", 0.0);
  rival.set("yaw", 7.5);
  turn();
  imu.connect(1s);
  ASSERT_FALSE(imu.welcome->resumed);
  const auto again = imu.own("yaw", 0.0);
  const auto late = imu.set("yaw", 2.5);
  turn();
  EXPECT_TRUE(rival.owns(now_mine));
  EXPECT_EQ(imu.failed(again), ErrorCode::not_owner);
  EXPECT_EQ(imu.failed(late), ErrorCode::not_owner);
  expect_state("yaw", 7.5, Quality::live);
}

TEST_F(CoreOwnership, AResumedSessionStillOwnsItsTopics) {
  const auto lease = imu.own("yaw", 0.0);
  imu.set("yaw", 1.5);
  turn();
  imu.cut();
  advance_by_deadlines(999ms);
  imu.connect(1s);
  ASSERT_TRUE(imu.welcome->resumed);
  turn();
  EXPECT_TRUE(imu.owns(lease));
  expect_state("yaw", 1.5, Quality::live);
}

TEST_F(CoreOwnership, ALeaseWithADurationExpires) {
  const auto lease = imu.own("door", "closed", false, 300ms);
  imu.set("door", "open");
  turn();
  EXPECT_EQ(core->next_deadline(), now + 300ms);
  advance(299ms);
  expect_state("door", "open", Quality::live);
  advance(1ms);
  expect_state("door", "closed", Quality::orphaned);
  EXPECT_EQ(imu.failed(lease), ErrorCode::not_owner);
  EXPECT_THAT(imu.answered<proto::Failed>(lease).failure.message, HasSubstr("'door'"));
  const auto again = imu.own("door");
  turn();
  EXPECT_TRUE(imu.owns(again));
}

TEST_F(CoreOwnership, AReleasedLeaseLeavesNoTimer) {
  const auto lease = imu.own("door", "closed", false, 300ms);
  imu.set("door", "open");
  imu.release(lease);
  const auto taken = rival.own("door", "closed");
  turn();
  advance_by_deadlines(500ms);
  EXPECT_TRUE(rival.owns(taken));
  EXPECT_FALSE(imu.has_answer(lease));
}

TEST_F(CoreOwnership, AnOwnedTopicIsNotRemoved) {
  const auto lease = imu.own("yaw");
  turn();
  EXPECT_EQ(statistics().topics, 1u);
  imu.set("yaw", 1.5);
  imu.set("yaw", Value());
  turn();
  EXPECT_EQ(committed("yaw").version.number, 2u);
  imu.release(lease);
  turn();
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreOwnership, AWillOfAnotherTypeIsRefused) {
  rival.set("yaw", 1.5);
  const auto text = imu.own("yaw", "offline");
  const auto whole = imu.own("yaw", 3);  // widens, as a set does
  turn();
  EXPECT_EQ(imu.failed(text), ErrorCode::type_mismatch);
  EXPECT_TRUE(imu.owns(whole));
  imu.goodbye();
  turn();
  expect_state("yaw", 3.0, Quality::orphaned);
}

TEST_F(CoreOwnership, AWillDecidesTheTypeOfATopicThatHasNone) {
  const auto wait = screen.wait("yaw", "value == \"x\"");
  imu.own("yaw", 0.0);
  const auto text = imu.set("yaw", "north");
  turn();
  EXPECT_EQ(imu.failed(text), ErrorCode::type_mismatch);
  EXPECT_EQ(screen.failed(wait), ErrorCode::type_mismatch);
}

TEST_F(CoreOwnership, InvalidCommandsAreRefused) {
  const auto name = imu.own("a//b");
  const auto reserved = imu.own("$hoiku/mine");
  const auto negative = imu.own("yaw", {}, false, -1ns);
  const auto endless = imu.own("yaw", {}, false, std::chrono::nanoseconds::max());
  const auto large = imu.own("yaw", std::string((1 << 20) + 1, 'x'));
  turn();
  EXPECT_EQ(imu.failed(name), ErrorCode::invalid_topic);
  EXPECT_EQ(imu.failed(reserved), ErrorCode::permission_denied);
  EXPECT_EQ(imu.failed(negative), ErrorCode::invalid_argument);
  EXPECT_EQ(imu.failed(endless), ErrorCode::invalid_argument);
  EXPECT_EQ(imu.failed(large), ErrorCode::too_large);
  EXPECT_EQ(statistics().leases, 0u);
  EXPECT_EQ(statistics().topics, 0u);
  // Only a lease can be released, and only with Release.
  const auto lease = imu.own("yaw");
  imu.release(lease + 40);
  imu.cancel(lease);
  imu.unsubscribe(lease);
  turn();
  EXPECT_TRUE(imu.owns(lease));
  EXPECT_EQ(statistics().leases, 1u);
}

TEST_F(CoreOwnership, AnErrorAboutADurationNamesItsTopic) {
  proto::Subscribe slow;
  slow.topics = {"yaw/*"};
  slow.interval = -1s;
  const auto lease = imu.own("yaw", {}, false, -1s);
  const auto deadline = imu.declare("yaw", -1s);
  const auto interval = imu.subscribe(slow);
  turn();
  const auto said = [&](proto::RequestId id) { return imu.answered<proto::Failed>(id).failure.message; };
  EXPECT_EQ(said(lease), "topic 'yaw': a lease cannot be negative");
  EXPECT_EQ(said(deadline), "topic 'yaw': a deadline cannot be negative");
  EXPECT_EQ(said(interval), "pattern 'yaw/*': an interval cannot be negative");
}

TEST_F(CoreOwnership, LeasesLeaveNothingBehind) {
  imu.own("a", 1);
  imu.own("b", {}, false, 5s);
  rival.own("c");
  turn();
  for (FakeClient* client : {&imu, &rival, &screen}) client->goodbye();
  turn();
  EXPECT_EQ(statistics().leases, 0u);
  EXPECT_EQ(statistics().topics, 1u);  // "a" has its last will
  EXPECT_EQ(core->next_deadline(), std::nullopt);
}

TEST_F(CoreOwnership, LastWillsCountAgainstTheLimitOfValues) {
  restart(limited([](Limits& limits) { limits.values_bytes_max = 100; }));
  imu.connect();
  rival.connect();
  screen.connect();
  const std::string will(60, 'w');
  const auto first = imu.own("a", will);
  const auto too_much = imu.own("b", will);
  const auto value_too_much = rival.set("c", std::string(41, 'v'));
  turn();
  EXPECT_TRUE(imu.owns(first));
  EXPECT_EQ(imu.failed(too_much), ErrorCode::limit_exceeded);
  EXPECT_EQ(rival.failed(value_too_much), ErrorCode::limit_exceeded);
  imu.release(first);
  turn();
  expect_state("a", Value(will), Quality::orphaned);
  const auto again = imu.own("b", will);  // the last will is a value now
  turn();
  EXPECT_EQ(imu.failed(again), ErrorCode::limit_exceeded);
  rival.set("a", Value());
  const auto free = imu.own("b", will);
  const auto taken_over = rival.own("b", std::string(70, 'w'), true);
  turn();
  EXPECT_EQ(imu.failed(free), ErrorCode::not_owner);
  EXPECT_TRUE(rival.owns(taken_over));
  EXPECT_EQ(statistics().topics, 1u);
}

}  // namespace
}  // namespace hoiku::broker
