// hoiku/service.hpp: state that a restarted broker is told again, and writes that outlast a session.
#include "hoiku/service.hpp"

#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

TEST(PublishState, SaysTheStateNowAndWhenItChanges) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    AsyncValue<std::string> mood("calm");
    const auto topic = robot.topic<std::string>("robot/mood");
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      inner.start_soon(publish_state<std::string>, robot, "robot/mood", std::ref(mood));
      co_await topic.wait_value("calm");
      mood.set("excited");
      co_await topic.wait_value("excited");
      inner.cancel_scope().cancel();
    });
  });
}

TEST(PublishState, SaysTheStateAgainToABrokerThatWasRestarted) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    AsyncValue<std::string> mood("calm");
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      inner.start_soon(publish_state<std::string>, robot, "robot/mood", std::ref(mood));
      const auto topic = screen.topic<std::string>("robot/mood");
      co_await topic.wait_value("calm");
      world.kill_broker();
      mood.set("excited");  // while there is no broker
      co_await sleep(10s);
      world.start_broker();
      co_await topic.wait_value("excited");
      world.start_broker();
      co_await sleep(10s);
      const std::optional<std::string> again = co_await topic.get();
      EXPECT_EQ(again, "excited");
      inner.cancel_scope().cancel();
    });
  });
}

TEST(SetUntilAcknowledged, OutlastsALostSession) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    nursery.start_soon([&world]() -> Task<> {
      co_await sleep(5ms);  // the set is on its way
      world.start_broker();
    });
    co_await set_until_acknowledged(level, 7);
    const std::optional<int> held = co_await level.get();
    EXPECT_EQ(held, 7);
  });
}

TEST(SetUntilAcknowledged, PassesEveryOtherErrorOn) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    co_await robot.topic<int>("level").set(1);
    const bool told = co_await fails_with<TypeMismatch>(
        set_until_acknowledged(robot.topic<std::string>("level"), std::string("high")));
    EXPECT_TRUE(told);
  });
}

}  // namespace
}  // namespace hoiku
