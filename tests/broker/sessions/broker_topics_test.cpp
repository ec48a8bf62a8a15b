// The topics that the broker publishes about itself: its sessions and its counts.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class CoreBrokerTopics : public CoreTest {
 protected:
  CoreBrokerTopics() { screen.connect(1h); }
  Value get(const std::string& topic) {
    const auto asked = screen.get(topic);
    turn();
    return screen.answered<proto::GetDone>(asked).current->value;
  }
  std::vector<std::string> list(const std::string& pattern) {
    const auto asked = screen.list(pattern);
    turn();
    std::vector<std::string> names;
    for (const auto& row : screen.answered<proto::ListDone>(asked).rows) names.push_back(row.current->topic);
    return names;
  }

  FakeClient screen{*this, "screen", 1};
  FakeClient imu{*this, "imu", 2};
};

TEST_F(CoreBrokerTopics, NoTopicsExistBeforeTheFirstRequest) {
  imu.connect();
  imu.set("yaw", 1.5);
  turn();
  EXPECT_EQ(statistics().commits, 1u);
  EXPECT_EQ(statistics().topics, 1u);
  advance_by_deadlines(5s);
  EXPECT_EQ(statistics().commits, 1u);
}

TEST_F(CoreBrokerTopics, TheSessionTopicFollowsItsSession) {
  const auto reader = screen.subscribe({"$hoiku/sessions/*"}, {}, proto::Mode::every);
  turn();
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair("$hoiku/sessions/screen-1", Value("connected"))));
  imu.connect(1s);
  const std::string presence = "$hoiku/sessions/imu-2";
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair(presence, Value("connected"))));
  imu.cut();
  turn();
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair(presence, Value("away"))));
  imu.connect(1s);
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair(presence, Value("connected"))));
  imu.cut();
  advance_by_deadlines(1s);
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair(presence, Value("away")), Pair(presence, Value())));
  EXPECT_THAT(list("$hoiku/sessions/*"), ElementsAre("$hoiku/sessions/screen-1"));
}

TEST_F(CoreBrokerTopics, ASessionIsAwaySinceItsConnectionEnded) {
  imu.connect(1h);
  const auto reader = screen.subscribe({"$hoiku/sessions/imu-2"});
  turn();
  now += 500ms;  // nothing happens in between
  imu.cut();
  turn();
  ASSERT_FALSE(screen.deliveries.empty());
  const auto& away = *screen.deliveries.back().transition;
  EXPECT_EQ(screen.deliveries.back().subscription, reader);
  EXPECT_EQ(away.value, Value("away"));
  EXPECT_EQ(away.changed_at, at().wall);
}

TEST_F(CoreBrokerTopics, SessionsOpenedBeforeTheFirstRequestAreListed) {
  imu.connect(1s);
  imu.cut();
  EXPECT_EQ(get("$hoiku/sessions/imu-2"), Value("away"));
  EXPECT_EQ(get("$hoiku/sessions/screen-1"), Value("connected"));
}

TEST_F(CoreBrokerTopics, AClientNameBecomesASegmentOfTheTopicName) {
  FakeClient odd{*this, "a/b *$x", 7};
  odd.connect();
  FakeClient unnamed{*this, "", 8};
  unnamed.connect();
  EXPECT_THAT(list("$hoiku/sessions/*"),
              testing::UnorderedElementsAre("$hoiku/sessions/screen-1", "$hoiku/sessions/a-b---x-2",
                                            "$hoiku/sessions/client-3"));
}

TEST_F(CoreBrokerTopics, InvisibleCharactersOfAClientNameAreReplaced) {
  FakeClient wide{*this, "a\u3000b\u00A0c\u200Bd\uFEFFe é", 7};
  wide.connect();
  FakeClient endless{*this, std::string(39, 'x') + "éé", 8};
  endless.connect();
  EXPECT_THAT(list("$hoiku/sessions/*"),
              testing::UnorderedElementsAre("$hoiku/sessions/screen-1", "$hoiku/sessions/a-b-c-d-e-é-2",
                                            "$hoiku/sessions/" + std::string(39, 'x') + "-3"));
}

TEST_F(CoreBrokerTopics, AWaitForTheEndOfASessionIsAnswered) {
  imu.connect(1s);
  EXPECT_EQ(get("$hoiku/sessions/imu-2"), Value("connected"));
  const auto gone = screen.wait_transition("$hoiku/sessions/imu-2", "");
  turn();
  imu.goodbye();
  turn();
  EXPECT_TRUE(screen.answered<proto::TransitionDone>(gone).match->value.is_null());
}

TEST_F(CoreBrokerTopics, AWaitForTheFirstTransitionOfASessionTopicIsAnswered) {
  const auto change = screen.wait_transition("$hoiku/sessions/screen-1", "");
  turn();
  EXPECT_EQ(screen.answered<proto::TransitionDone>(change).match->value, Value("connected"));
}

TEST_F(CoreBrokerTopics, CountsExistAfterTheFirstRequest) {
  imu.connect();
  imu.set("yaw", 1.5);
  imu.own("yaw");
  turn();
  EXPECT_EQ(get("$hoiku/broker/sessions"), Value(2));
  EXPECT_EQ(get("$hoiku/broker/topics"), Value(1));
  EXPECT_EQ(get("$hoiku/broker/leases"), Value(1));
  EXPECT_EQ(screen.last_value("x"), Value());
  EXPECT_THAT(list("$hoiku/broker/*"), testing::Contains("$hoiku/broker/rejected_frames"));
}

TEST_F(CoreBrokerTopics, CountsAreRefreshedOncePerSecondWhileTheyAreRead) {
  const auto reader = screen.subscribe({"$hoiku/broker/sessions"}, {}, proto::Mode::every);
  turn();
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair("$hoiku/broker/sessions", Value(1))));
  imu.connect(1h);
  advance_by_deadlines(999ms);
  EXPECT_THAT(screen.take_deliveries(reader), IsEmpty());
  advance_by_deadlines(1ms);
  EXPECT_THAT(screen.take_deliveries(reader), ElementsAre(Pair("$hoiku/broker/sessions", Value(2))));
  screen.unsubscribe(reader);
  turn();
  advance_by_deadlines(2s);
  const std::uint64_t commits = statistics().commits;
  advance_by_deadlines(10s);
  EXPECT_EQ(statistics().commits, commits);
}

TEST_F(CoreBrokerTopics, AllCountsAreWrittenInOneCommit) {
  screen.subscribe({"$hoiku/broker/*"});
  turn();
  ASSERT_FALSE(screen.deliveries.empty());
  for (const auto& delivery : screen.deliveries)
    EXPECT_EQ(delivery.transition->revision, screen.deliveries.front().transition->revision);
}

TEST_F(CoreBrokerTopics, APatternWithoutTheReservedPrefixDoesNotMatch) {
  list("$hoiku/**");
  const auto all = screen.subscribe({"**"});
  turn();
  EXPECT_THAT(screen.take_deliveries(all), IsEmpty());
  EXPECT_THAT(list("**"), IsEmpty());
}

TEST_F(CoreBrokerTopics, ClientsCannotWriteBrokerTopics) {
  list("$hoiku/**");
  const auto set = screen.set("$hoiku/sessions/screen-1", "away");
  const auto own = screen.own("$hoiku/broker/topics");
  const auto declare = screen.declare("$hoiku/broker/topics", 1s);
  turn();
  for (const auto refused : {set, own, declare}) EXPECT_EQ(screen.failed(refused), ErrorCode::permission_denied);
}

TEST_F(CoreBrokerTopics, AFullTopicTableHasNoBrokerTopics) {
  restart(limited([](Limits& limits) { limits.topics_max = 3; }));
  screen.connect(1h);
  for (const char* topic : {"a", "b", "c"}) screen.set(topic, 1);
  turn();
  EXPECT_EQ(get("$hoiku/sessions/screen-1"), Value());
  EXPECT_EQ(get("a"), Value(1));
  imu.connect(1s);
  screen.set("a", Value());  // the removed topic makes room
  turn();
  imu.goodbye();
  turn();
  EXPECT_THAT(list("$hoiku/sessions/*"), IsEmpty());
}

}  // namespace
}  // namespace hoiku::broker
