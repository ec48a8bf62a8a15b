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

TEST_F(CoreResume, WhatWasRemovedIsSentInPieces) {
  start(limited([](Limits& limits) { limits.turn_steps_max = 10; }));
  for (int i = 0; i < 100; ++i) set("t/" + std::to_string(i), 1);
  const auto point = here();
  for (int i = 0; i < 100; ++i) set("t/" + std::to_string(i), Value());
  const auto pattern = screen->subscribe({"t/*"}, point);
  std::size_t sent = 0;
  int turns = 0;
  for (; !screen->ends.contains(pattern); ++turns) {
    ASSERT_LT(turns, 100);
    turns == 0 ? turn() : advance(0s);
    const std::size_t piece = screen->take_deliveries(pattern).size();
    EXPECT_LE(piece, 20u);
    sent += piece;
    const auto others = robot->set("other", turns);
    turn();
    EXPECT_TRUE(robot->has_answer(others)) << "others do not wait for it";
    sent += screen->take_deliveries(pattern).size();
  }
  EXPECT_EQ(sent, 100u);
  EXPECT_GT(turns, 4);
}

TEST_F(CoreResume, WhatWasRemovedIsSentToWhomItIsNewAndToNobodyElse) {
  start(limited([](Limits& limits) { limits.slots_per_session_max = 2; }));
  FakeClient full{*this, "full", 3};
  full.connect();
  for (const char* topic : {"t/a", "t/b"}) set(topic, 1);
  const auto all = full.subscribe({"t/*"});
  turn();
  const auto point = here();
  for (const char* topic : {"t/a", "t/b"}) set(topic, Value());
  for (const char* topic : {"t/c", "t/d"}) set(topic, 1);
  full.take_deliveries(all);
  for (const char* topic : {"t/c", "t/d"}) set(topic, Value());
  for (const char* topic : {"t/e", "t/f"}) set(topic, 1);
  full.take_deliveries(all);
  const auto one = screen->subscribe({"*/a"}, point);
  const auto two = robot->subscribe({"*/b"}, point);
  turn();
  EXPECT_THAT(screen->take_deliveries(one), ElementsAre(Pair("t/a", Value())));
  EXPECT_THAT(robot->take_deliveries(two), ElementsAre(Pair("t/b", Value())));
  set("t/e", 2);
  EXPECT_THAT(full.take_deliveries(all), ElementsAre(Pair("t/e", Value(2)))) << "its session had no room for a third";
}

TEST_F(CoreResume, AnEveryReaderIsSentAllThatTheHistoryOfARemovedTopicHas) {
  set("t/a", 1);
  const auto point = here();
  set("t/a", 2);
  set("t/a", 3);
  set("t/a", Value());
  const auto pattern = screen->subscribe({"t/*"}, point, proto::Mode::every);
  turn();
  EXPECT_THAT(screen->take_deliveries(pattern),
              ElementsAre(Pair("t/a", Value(2)), Pair("t/a", Value(3)), Pair("t/a", Value())));
  set("t/a", 4);
  EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/a", Value(4))));
}

// The state that a reader with a filter has to be sent may be one that the topic no longer has.
TEST_F(CoreResume, AFilteredReaderGoesOnWhereItWasAlsoIfRemovedTopicsWereForgotten) {
  start(limited([](Limits& limits) { limits.removed_topics_max = 0; }));
  set("t/a", 1);
  const auto point = here();
  for (const char* topic : {"event/1", "event/2"}) {
    set(topic, 1);
    set(topic, Value());
  }
  set("t/a", 7);
  set("t/a", 2);
  proto::Subscribe subscribe;
  subscribe.topics = {"t/*"};
  subscribe.resume = point;
  subscribe.filter = *Predicate::parse("value > 5");
  const auto pattern = screen->subscribe(subscribe);
  turn();
  EXPECT_THAT(screen->take_deliveries(pattern), ElementsAre(Pair("t/a", Value(7))));
  EXPECT_TRUE(screen->ends.contains(pattern));
}

class CoreResumeHeld : public CoreResume {
 protected:
  // Two removed topics are remembered. The screen acknowledges nothing, so that it is sent one of them.
  void start_with_a_stopped_reader() {
    start(limited([](Limits& limits) {
      limits.removed_topics_max = 2;
      limits.unacknowledged_bytes_max = 1;
    }));
    for (const char* topic : {"t/a", "t/b"}) set(topic, 1);
    point = here();
    for (const char* topic : {"t/a", "t/b"}) set(topic, Value());
    screen->acknowledges = false;
    resuming = screen->subscribe({"t/*"}, point);
    turn();
    ASSERT_THAT(screen->take_deliveries(resuming), ElementsAre(Pair("t/a", Value())));
  }
  void come_and_go(std::initializer_list<const char*> topics) {
    for (const char* topic : topics) {
      set(topic, 1);
      set(topic, Value());
    }
  }
  void go_on() {
    screen->acknowledges = true;
    screen->acknowledge();
    ten_turns();
  }

  proto::RequestId resuming = 0;
  proto::ResumePoint point;
};

TEST_F(CoreResumeHeld, ARemovedTopicIsRememberedUntilItsReaderWasSentThatItIsUnset) {
  start_with_a_stopped_reader();
  come_and_go({"event/1", "event/2", "event/3"});
  go_on();
  EXPECT_THAT(screen->take_deliveries(resuming), ElementsAre(Pair("t/b", Value())));
  EXPECT_TRUE(screen->ends.contains(resuming));
  const auto late = robot->subscribe({"*/*"}, point);
  turn();
  EXPECT_TRUE(robot->ends.at(late).whole);
  const auto by_name = robot->subscribe({"event/2"}, point, proto::Mode::every);
  turn();
  EXPECT_THAT(robot->take_deliveries(by_name), ElementsAre(Pair("event/2", Value(1)), Pair("event/2", Value())))
      << "two are remembered";
}

TEST_F(CoreResumeHeld, ATopicThatIsSetAgainMeanwhileIsSentAsItIs) {
  start_with_a_stopped_reader();
  set("t/b", 2);
  go_on();
  EXPECT_THAT(screen->take_deliveries(resuming), ElementsAre(Pair("t/b", Value(2))));
  set("t/b", Value());
  EXPECT_THAT(screen->take_deliveries(resuming), ElementsAre(Pair("t/b", Value())));
}

TEST_F(CoreResumeHeld, AReaderThatEndsLetsItGo) {
  start_with_a_stopped_reader();
  screen->goodbye();
  turn();
  come_and_go({"event/1", "event/2", "event/3"});
  const auto late = robot->subscribe({"t/*"}, point, proto::Mode::every);
  turn();
  EXPECT_TRUE(robot->ends.at(late).whole);
  EXPECT_THAT(robot->take_deliveries(late), IsEmpty()) << "both are forgotten";
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

TEST_F(CoreResume, RemovedTopicsThatAReaderIsStillSentTakeNoRoom) {
  CoreOptions options = default_options();
  options.limits.topics_max = 2;
  options.limits.unacknowledged_bytes_max = 1;  // one topic at a time
  start(options);
  for (const char* topic : {"t/a", "t/b"}) set(topic, 1);
  const auto point = here();
  for (const char* topic : {"t/a", "t/b"}) set(topic, Value());
  for (const char* topic : {"t/c", "t/d"}) set(topic, 1);
  screen->acknowledges = false;  // so it has not been sent all
  const auto resuming = screen->subscribe({"t/*"}, point);
  turn();
  ASSERT_FALSE(screen->ends.contains(resuming));
  ASSERT_EQ(statistics().topics, options.limits.topics_max);
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
