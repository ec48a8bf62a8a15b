// Places for sessions: who gives one up when all are taken, and how many one address may take.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;

// Sessions of a broker that takes two, and the clients that want a place.
class CorePlaces : public CoreTest {
 protected:
  CorePlaces() {
    restart(limited([](Limits& limits) { limits.sessions_max = 2; }));
    robot.connect(24h);
    screen.connect(24h);
  }
  bool has_place(FakeClient& client) {
    client.connect(24h);
    return client.welcome.has_value();
  }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
  FakeClient third{*this, "third", 3};
  FakeClient fourth{*this, "fourth", 4};
};

TEST_F(CorePlaces, AreGivenUpByTheLongestAwayThatHoldsNothing) {
  EXPECT_FALSE(has_place(third));
  screen.cut();
  robot.cut();
  core->take_events();
  EXPECT_TRUE(has_place(third));
  EXPECT_THAT(events(), ElementsAre(Event::Kind::session_closed, Event::Kind::session_opened));
  robot.connect(24h);
  EXPECT_TRUE(robot.welcome->resumed);
  EXPECT_FALSE(has_place(screen));
  EXPECT_EQ(screen.fatal->code, ErrorCode::limit_exceeded);
  EXPECT_EQ(statistics().sessions, 2u);
}

TEST_F(CorePlaces, ASessionThatCameBackIsNotAway) {
  robot.cut();
  robot.connect(24h);
  EXPECT_FALSE(has_place(third));
  screen.cut();
  robot.cut();
  robot.connect(24h);
  EXPECT_TRUE(has_place(third));
  EXPECT_FALSE(has_place(fourth));
}

TEST_F(CorePlaces, AreKeptByWhateverASessionHolds) {
  const auto hold = [&](const std::function<void()>& begin) {
    begin();
    turn();
    robot.acknowledge();
    robot.cut();
    EXPECT_FALSE(has_place(third));
    robot.connect(24h);
    EXPECT_TRUE(robot.welcome->resumed);
  };
  proto::RequestId id = 0;
  hold([&] { id = robot.subscribe({"a"}); });
  robot.unsubscribe(id);
  hold([&] { id = robot.wait("a", "value > 5"); });
  robot.cancel(id);
  hold([&] { id = robot.own("a"); });
  robot.release(id);
  turn();
  robot.acknowledge();
  robot.cut();
  EXPECT_TRUE(has_place(third));
}

TEST_F(CorePlaces, AreKeptUntilTheAnswerToAWriteIsAcknowledged) {
  robot.set("a", 1);
  robot.cut();  // the store has not told yet
  EXPECT_FALSE(has_place(third));
  turn();
  EXPECT_FALSE(has_place(third));
  robot.connect(24h);
  turn();
  robot.acknowledge();
  robot.cut();
  EXPECT_TRUE(has_place(third));
}

TEST_F(CorePlaces, AnAddressHasAQuotaOfSessions) {
  restart(limited([](Limits& limits) { limits.sessions_per_address_max = 1; }));
  robot.origin = screen.origin = "10.0.0.1";
  third.origin = "10.0.0.2";
  robot.connect(24h);
  third.connect(24h);
  third.cut();
  screen.connect(24h);
  EXPECT_FALSE(screen.welcome);
  EXPECT_EQ(screen.fatal->code, ErrorCode::limit_exceeded);
  EXPECT_THAT(screen.fatal->message, testing::HasSubstr("of this address"));
  robot.cut();
  screen.connect(24h);
  EXPECT_TRUE(screen.welcome);
  EXPECT_EQ(statistics().sessions, 2u);  // the session of the other address has kept its place
  fourth.connect();                      // nobody knows where it is
  robot.origin = "";
  robot.connect();
  EXPECT_TRUE(robot.welcome);
  EXPECT_EQ(statistics().sessions, 4u);
}

}  // namespace
}  // namespace hoiku::broker
