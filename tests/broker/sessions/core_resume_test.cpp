// Readers that lost their session and resume from the revision up to which they are complete.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class CoreResume : public RobotAndScreenTest {
 protected:
  proto::ResumePoint here() const { return {4711, statistics().commits}; }
  // Three topics, of which a turn scans one.
  void start_with_short_turns() {
    start(limited([](Limits& limits) { limits.turn_steps_max = 1; }));
    for (const char* topic : {"t/a", "t/b", "t/c"}) set(topic, 1);
  }
  // Enough turns for a scan to end, if it can.
  void ten_turns() {
    for (int i = 0; i < 10; ++i) advance(1ms);
  }
};

TEST_F(CoreResume, AResumingReaderGetsOnlyTopicsThatChanged) {
  for (int i = 0; i < 10; ++i) set("t/" + std::to_string(i), 1);
  screen->subscribe({"t/*"});
  turn();
  const auto point = here();
  screen->goodbye();
  set("t/3", 2);
  set("t/x", 1);
  FakeClient again{*this, "screen", 3};
  again.connect();
  const auto subscription = again.subscribe({"t/*"}, point);
  const auto plain = again.subscribe({"t/4"}, point);
  const auto composite = again.subscribe({"t/3", "t/4"}, point);
  turn();
  EXPECT_THAT(again.take_deliveries(subscription), UnorderedElementsAre(Pair("t/3", Value(2)), Pair("t/x", Value(1))));
  EXPECT_FALSE(again.ends.at(subscription).whole);
  EXPECT_THAT(again.take_deliveries(plain), IsEmpty());
  EXPECT_TRUE(again.ends.contains(plain));
  EXPECT_THAT(again.take_deliveries(composite), ElementsAre(Pair("t/3", Value(2))));
  // Topics that were not sent are read all the same.
  set("t/4", 9);
  EXPECT_THAT(again.take_deliveries(subscription), ElementsAre(Pair("t/4", Value(9))));
  EXPECT_THAT(again.take_deliveries(plain), ElementsAre(Pair("t/4", Value(9))));
}

TEST_F(CoreResume, AResumingReaderIsSentTheUnsetStateOfARemovedTopic) {
  set("t/a", 1);
  set("t/b", 1);
  const auto point = here();
  set("t/a", Value());
  EXPECT_EQ(statistics().topics, 1u);
  const auto pattern = screen->subscribe({"t/*"}, point);
  const auto other = screen->subscribe({"**"}, point);
  const auto plain = screen->subscribe({"t/a"}, point);
  turn();
  EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/a", Value())));
  EXPECT_THAT(screen->take_deliveries(other), ElementsAre(Pair("t/a", Value())));
  EXPECT_THAT(screen->take_deliveries(plain), ElementsAre(Pair("t/a", Value())));
  screen->unsubscribe(plain);
  turn();
  EXPECT_EQ(statistics().topics, 1u);
}

TEST_F(CoreResume, AnUnsetDuringAScanOfSeveralTurnsIsSentOnce) {
  start_with_short_turns();
  const auto point = here();
  const auto pattern = screen->subscribe({"t/*"}, point);
  advance(1ms);
  set("t/a", Value());
  ASSERT_FALSE(screen->ends.contains(pattern));  // the scan still runs
  EXPECT_EQ(statistics().topics, 2u);
  ten_turns();
  EXPECT_TRUE(screen->ends.contains(pattern));
  EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/a", Value())));
}

// Readers of both modes, also with a filter that lets the unset state pass.
TEST_F(CoreResume, EveryKindOfReaderIsSentAnUnsetDuringItsScanOnce) {
  for (const auto mode : {proto::Mode::latest, proto::Mode::every}) {
    for (const char* filter : {"", "!(value > 5)"}) {
      start_with_short_turns();
      proto::Subscribe subscribe;
      subscribe.topics = {"t/*"};
      subscribe.resume = here();
      subscribe.mode = mode;
      if (*filter != '\0') subscribe.filter = *Predicate::parse(filter);
      const auto pattern = screen->subscribe(subscribe);
      advance(1ms);
      set("t/a", Value());
      ASSERT_FALSE(screen->ends.contains(pattern));
      ten_turns();
      EXPECT_TRUE(screen->ends.contains(pattern));
      EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/a", Value()))) << int(mode) << filter;
    }
  }
}

TEST_F(CoreResume, RestoredTopicsDoNotCountAgainstWriters) {
  CoreOptions options = default_options();
  options.limits.topics_max = 2;
  options.limits.unacknowledged_bytes_max = 1;  // one topic at a time
  start(options);
  for (const char* topic : {"t/a", "t/b"}) set(topic, 1);
  const auto point = here();
  for (const char* topic : {"t/a", "t/b"}) set(topic, Value());
  for (const char* topic : {"t/c", "t/d"}) set(topic, 1);
  screen->acknowledges = false;  // so one of the restored topics stays until the screen acknowledges
  screen->subscribe({"t/*"}, point);
  turn();
  ASSERT_GT(statistics().topics, options.limits.topics_max);
  const auto known = robot->commit({{"t/c", 2, {}, {}}, {"t/d", 2, {}, {}}});
  const auto unknown = robot->commit({{"t/c", 3, {}, {}}, {"t/e", 3, {}, {}}});
  turn();
  EXPECT_EQ(robot->answered<proto::CommitDone>(known).written.size(), 2u);
  EXPECT_EQ(robot->failed(unknown), ErrorCode::limit_exceeded);
}

TEST_F(CoreResume, AnUnsetStateIsNotSentAgainWhenTheTopicIsRestoredForAnotherReader) {
  start(limited([](Limits& limits) {
    limits.turn_steps_max = 1;
    limits.window_batches = 1;
  }));
  for (const char* topic : {"t/a", "t/b", "t/c"}) set(topic, 1);
  const auto point = here();
  const auto keeping = robot->subscribe({"t/a"});
  ten_turns();
  set("t/a", Value());
  screen->acknowledges = false;  // so the scan stops
  const auto mine = screen->subscribe({"t/*"}, point);
  ten_turns();
  EXPECT_THAT(screen->take_deliveries(mine), ElementsAre(Pair("t/a", Value())));
  robot->unsubscribe(keeping);
  const auto others = robot->subscribe({"t/*"}, point);
  ten_turns();
  EXPECT_THAT(robot->take_deliveries(others), ElementsAre(Pair("t/a", Value())));
  screen->acknowledges = true;
  screen->acknowledge();
  ten_turns();
  EXPECT_TRUE(screen->ends.contains(mine));
  EXPECT_THAT(screen->take_deliveries(mine), IsEmpty());
}

TEST_F(CoreResume, AnOlderEpochIsNotSentAfterANewerOne) {
  start_with_short_turns();
  const auto point = here();
  set("t/a", Value());
  set("t/a", 2);
  const auto pattern = screen->subscribe({"t/*"}, point);
  advance(1ms);
  EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/a", Value(2))));
  set("t/a", Value());
  ten_turns();
  EXPECT_TRUE(screen->ends.contains(pattern));
  EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/a", Value())));
  EXPECT_EQ(statistics().topics, 2u);
}

TEST_F(CoreResume, TwoPatternsWithDifferentResumePointsAreBothSentARemovedTopic) {
  const auto early = here();
  set("t/a", 1);
  const auto late = here();
  set("t/a", Value());
  robot->subscribe({"t/*"}, late);
  screen->subscribe({"**"}, early);
  const auto whole = screen->subscribe({"**"});
  turn();
  EXPECT_EQ(robot->deliveries.size(), 1u);
  EXPECT_EQ(screen->deliveries.size(), 1u);
  EXPECT_TRUE(screen->ends.contains(whole));
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreResume, WhenRemovedTopicsWereDiscardedTheSnapshotIsWhole) {
  set("t/kept", 1);
  const auto point = here();
  for (int i = 0; i < 20'000; ++i) {
    robot->set("t/" + std::to_string(i), 1);
    robot->set("t/" + std::to_string(i), Value());
    if (i % 100 == 0) turn();
  }
  turn();
  const auto pattern = screen->subscribe({"t/*"}, point);
  turn();
  EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/kept", Value(1))));
  EXPECT_TRUE(screen->ends.at(pattern).whole);
}

TEST_F(CoreResume, AResumePointOfAnotherInstanceOrOfTheFutureIsIgnored) {
  set("t/a", 1);
  const auto other_run = screen->subscribe({"t/*"}, proto::ResumePoint{4712, 1});
  const auto future = screen->subscribe({"t/*"}, proto::ResumePoint{4711, 100});
  turn();
  for (const auto id : {other_run, future}) {
    EXPECT_THAT(screen->take_deliveries(id), ElementsAre(Pair("t/a", Value(1))));
    EXPECT_TRUE(screen->ends.at(id).whole);
  }
}

}  // namespace
}  // namespace hoiku::broker
