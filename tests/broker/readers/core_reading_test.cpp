// Subscriptions: snapshots, patterns, composites, and slow readers.
#include <random>
#include <set>

#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class CoreReading : public CoreTest {
 protected:
  CoreReading() {
    robot.connect();
    screen.connect();
  }
  void set(const std::string& topic, Value value) {
    robot.set(topic, std::move(value));
    turn();
  }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
};

// ---- Promise 2: the snapshot, its end, then every later transition, without a race

TEST_F(CoreReading, ASubscriptionGetsTheSnapshotItsEndAndTheTransitions) {
  set("a", 1);
  const auto subscription = screen.subscribe({"a"});
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("a", Value(1))));
  EXPECT_EQ(screen.ends.at(subscription).revision, 1u);
  EXPECT_TRUE(screen.ends.at(subscription).whole);
  set("a", 2);
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("a", Value(2))));
  EXPECT_EQ(screen.complete_through, 2u);
}

TEST_F(CoreReading, AnUnsetPlainNameIsSentAsVersionZero) {
  const auto subscription = screen.subscribe({"a"});
  turn();
  ASSERT_THAT(screen.deliveries, SizeIs(1));
  EXPECT_EQ(screen.deliveries[0].transition->topic, "a");
  EXPECT_EQ(screen.deliveries[0].transition->version, Version{});
  EXPECT_TRUE(screen.ends.contains(subscription));
}

TEST_F(CoreReading, APatternReadsExistingAndLaterTopics) {
  set("sensor/left", 1);
  set("screen", 1);
  const auto subscription = screen.subscribe({"sensor/*"});
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("sensor/left", Value(1))));
  EXPECT_TRUE(screen.ends.contains(subscription));
  set("sensor/right", 2);
  set("sensor/a/b", 3);
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("sensor/right", Value(2))));
}

TEST_F(CoreReading, AnEmptySnapshotHasAnEndToo) {
  const auto subscription = screen.subscribe({"nothing/**"});
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), IsEmpty());
  EXPECT_TRUE(screen.ends.contains(subscription));
}

TEST_F(CoreReading, ASetInTheSameTurnAsTheSubscriptionIsNotLost) {
  const auto subscription = screen.subscribe({"**"});
  robot.set("a", 1);
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("a", Value(1))));
}

TEST_F(CoreReading, APatternWithoutDollarDoesNotMatchBrokerTopics) {
  screen.subscribe({"$hoiku/x"});
  const auto subscription = screen.subscribe({"**"});
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), IsEmpty());
}

TEST_F(CoreReading, ALargeSnapshotIsSentInPiecesWhileOthersAreServed) {
  std::vector<proto::Command> sets;
  for (int i = 0; i < 4000; ++i) {
    sets.push_back(proto::Set{++robot.last_id, "t/" + std::to_string(i), Value(std::string(1000, 'x')), {}, {}});
  }
  robot.send(std::move(sets));
  turn();
  const auto subscription = screen.subscribe({"t/*"});
  const auto later = robot.set("t/5", "changed meanwhile");
  turn();
  EXPECT_TRUE(robot.has_answer(later));
  std::set<std::string> seen;
  for (const auto& delivery : screen.deliveries) seen.insert(delivery.transition->topic);
  EXPECT_EQ(seen.size(), 4000u);
  EXPECT_EQ(screen.last_value("t/5"), Value("changed meanwhile"));
  EXPECT_TRUE(screen.ends.contains(subscription));
}

TEST_F(CoreReading, ManyTopicsAreMatchedOverSeveralTurns) {
  std::size_t made = 0;
  while (made < 150'000) {
    std::vector<proto::Command> sets;
    for (int i = 0; i < 4000; ++i) {
      sets.push_back(proto::Set{++robot.last_id, "t/" + std::to_string(made++), Value(1), {}, {}});
    }
    robot.send(std::move(sets));
    turn();
  }
  const auto subscription = screen.subscribe({"t/1*/**"});  // no wildcard within a segment
  const auto all = screen.subscribe({"*/77"});
  turn();
  EXPECT_EQ(screen.failed(subscription), ErrorCode::invalid_topic);
  EXPECT_FALSE(screen.ends.contains(all));
  EXPECT_EQ(core->next_deadline(), now);
  robot.set("t/new", 1);
  int turns = 0;
  while (!screen.ends.contains(all) && ++turns < 10) advance(0ns);
  EXPECT_THAT(screen.take_deliveries(all), ElementsAre(Pair("t/77", Value(1))));
  EXPECT_GT(*core->next_deadline(), now);
}

TEST_F(CoreReading, UnsubscribingClosesASubscription) {
  const auto subscription = screen.subscribe({"a"});
  turn();
  screen.take_deliveries(subscription);
  screen.unsubscribe(subscription);
  set("a", 1);
  EXPECT_THAT(screen.take_deliveries(subscription), IsEmpty());
  EXPECT_EQ(statistics().subscriptions, 0u);
  screen.unsubscribe(subscription);
  screen.unsubscribe(4711);
  turn();
  EXPECT_FALSE(screen.fatal);
}

TEST_F(CoreReading, APatternIsSentTheUnsetStateBeforeTheTopicIsRemoved) {
  set("s/a", 1);
  const auto subscription = screen.subscribe({"s/*"});
  turn();
  screen.take_deliveries(subscription);
  screen.acknowledges = false;
  robot.set("s/a", Value());
  commit();
  EXPECT_EQ(statistics().topics, 1u);
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("s/a", Value())));
  EXPECT_EQ(statistics().topics, 0u);
  set("s/a", 2);
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("s/a", Value(2))));
}

// ---- Promises 1 and 4: order, and the last value for every reader, however slow

TEST_F(CoreReading, ASlowReaderConflatesAndGetsTheLastValue) {
  const auto subscription = screen.subscribe({"a"});
  turn();
  screen.acknowledges = false;
  for (int i = 1; i <= 1000; ++i) set("a", i);
  EXPECT_EQ(statistics().kept_frames, Limits{}.window_batches);
  const auto before = screen.take_deliveries(subscription);
  EXPECT_THAT(before, SizeIs(1 + Limits{}.window_batches));
  screen.acknowledges = true;
  screen.acknowledge();
  turn();
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("a", Value(1000))));
  // The sum: the state of the snapshot, and a thousand transitions.
  EXPECT_EQ(statistics().deliveries + statistics().conflated, 1001u);
}

TEST_F(CoreReading, AStoppedReaderCostsNoMoreThanItsSlots) {
  screen.subscribe({"**"});
  turn();
  screen.acknowledges = false;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 10; ++i)
      robot.set("t" + std::to_string(i), std::string(50'000, static_cast<char>('a' + round % 26)));
    turn();
  }
  EXPECT_LE(statistics().kept_frames, 32u);
  std::size_t bytes = 0;
  for (const auto& delivery : screen.deliveries) bytes += delivery.transition->value.payload_bytes();
  EXPECT_LE(bytes, Limits{}.unacknowledged_bytes_max);
  screen.acknowledges = true;
  screen.acknowledge();
  turn();
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(screen.last_value("t" + std::to_string(i)), Value(std::string(50'000, 'a' + 99 % 26)));
}

// ---- Composites

TEST_F(CoreReading, ACompositeShowsOnlyStatesThatExistedAtOneRevision) {
  set("x", 0);
  set("y", 0);
  const auto composite = screen.subscribe({"x", "y"});
  turn();
  screen.deliveries.clear();
  screen.acknowledges = false;
  // Always x == y or x == y + 1.
  int x = 0, y = 0;
  std::mt19937 random(1);
  for (int step = 0; step < 2000; ++step) {
    if (x == y) {
      robot.set("x", ++x);
    } else {
      robot.set("y", ++y);
    }
    if (random() % 3 == 0) turn();
    if (random() % 20 == 0) screen.acknowledge();
  }
  screen.acknowledge();
  turn();
  std::int64_t seen_x = 0, seen_y = 0;
  for (const auto& frame : screen.frames) {
    for (const auto& delivery : frame->deliveries) {
      ASSERT_EQ(delivery.subscription, composite);
      (delivery.member == 0 ? seen_x : seen_y) = *delivery.transition->value.get_if<std::int64_t>();
    }
    ASSERT_TRUE(seen_x == seen_y || seen_x == seen_y + 1) << seen_x << " " << seen_y;
  }
  EXPECT_EQ(seen_x, x);
  EXPECT_EQ(seen_y, y);
}

TEST_F(CoreReading, ACompositeMayNameATopicTwice) {
  const auto composite = screen.subscribe({"x", "x"});
  set("x", 1);
  std::vector<std::uint32_t> members;
  for (const auto& delivery : screen.deliveries) {
    EXPECT_EQ(delivery.subscription, composite);
    members.push_back(delivery.member);
  }
  EXPECT_THAT(members, ElementsAre(0, 1));
}

TEST_F(CoreReading, ACompositeThatFitsIntoNoFrameFails) {
  restart(limited([](Limits& limits) { limits.frame_bytes_max = 10'000; }));
  robot.connect();
  screen.connect();
  const auto other = screen.subscribe({"a"});
  const auto composite = screen.subscribe({"a", "b"});
  robot.set("a", std::string(6000, 'x'));
  turn();
  robot.set("b", std::string(6000, 'x'));
  robot.set("a", std::string(6000, 'y'));
  turn();
  EXPECT_EQ(screen.failed(composite), ErrorCode::too_large);
  EXPECT_EQ(screen.last_value("a"), Value(std::string(6000, 'y')));
  EXPECT_EQ(statistics().subscriptions, 1u);
  (void)other;
}

TEST_F(CoreReading, InvalidSubscriptionsAreRefused) {
  const auto empty = screen.subscribe(std::vector<std::string>());
  const auto bad = screen.subscribe({"a//b"});
  const auto wildcards = screen.subscribe({"a", "b/*"});
  const auto many = screen.subscribe(std::vector<std::string>(65, "a"));
  const auto most = screen.subscribe(std::vector<std::string>(64, "a"));
  turn();
  EXPECT_EQ(screen.failed(empty), ErrorCode::invalid_argument);
  EXPECT_EQ(screen.failed(bad), ErrorCode::invalid_topic);
  EXPECT_EQ(screen.failed(wildcards), ErrorCode::invalid_topic);
  EXPECT_EQ(screen.failed(many), ErrorCode::limit_exceeded);
  EXPECT_TRUE(screen.ends.contains(most));
  EXPECT_EQ(statistics().subscriptions, 1u);
}

TEST_F(CoreReading, ARequestIdThatIsInUseIsRefused) {
  const auto subscription = screen.subscribe({"a"});
  --screen.last_id;
  screen.subscribe({"b"});
  turn();
  EXPECT_EQ(screen.failed(subscription), ErrorCode::protocol_violation);
  screen.answers.clear();
  --screen.last_id;
  screen.wait("b", "");
  turn();
  EXPECT_EQ(screen.failed(subscription), ErrorCode::protocol_violation);
  EXPECT_EQ(statistics().subscriptions, 1u);
  EXPECT_EQ(statistics().waits, 0u);
}

// ---- Limits

TEST_F(CoreReading, SubscriptionsAndWaitsOfASessionAreLimitedTogether) {
  restart(limited([](Limits& limits) { limits.subscriptions_per_session_max = 3; }));
  screen.connect();
  const auto first = screen.subscribe({"a"});
  screen.subscribe({"b", "c"});
  screen.wait("a", "");
  const auto subscription = screen.subscribe({"a"});
  const auto wait = screen.wait("a", "");
  turn();
  EXPECT_EQ(screen.failed(subscription), ErrorCode::limit_exceeded);
  EXPECT_EQ(screen.failed(wait), ErrorCode::limit_exceeded);
  screen.unsubscribe(first);
  const auto again = screen.subscribe({"a"});
  turn();
  EXPECT_TRUE(screen.ends.contains(again));
}

TEST_F(CoreReading, APatternThatMatchesTooManyTopicsFails) {
  restart(limited([](Limits& limits) { limits.slots_per_session_max = 5; }));
  robot.connect();
  screen.connect();
  const auto growing = screen.subscribe({"t/*"});
  for (int i = 0; i < 5; ++i) set("t/" + std::to_string(i), i);
  EXPECT_FALSE(screen.has_answer(growing));
  set("t/5", 5);
  EXPECT_EQ(screen.failed(growing), ErrorCode::limit_exceeded);
  const auto at_once = screen.subscribe({"t/*"});
  turn();
  EXPECT_EQ(screen.failed(at_once), ErrorCode::limit_exceeded);
  EXPECT_EQ(statistics().subscriptions, 0u);
  const auto modest = screen.subscribe({"t/5"});
  turn();
  EXPECT_THAT(screen.take_deliveries(modest), ElementsAre(Pair("t/5", Value(5))));
}

}  // namespace
}  // namespace hoiku::broker
