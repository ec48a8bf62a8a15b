// The animator's behaviour, tested in virtual time: three seconds pass in no time, and exactly. Links hoiku::testing
// and GoogleTest.
#include <gtest/gtest.h>
#include <hoiku/testing.hpp>

#include <functional>
#include <string>

using namespace hoiku;
using namespace std::chrono_literals;

// The behaviour of behaviour.cpp as a function of the Bus, so that main() and the tests run the same code.
Task<> wag(Topic<std::string> tail) {
  for (;;) {
    co_await tail.set("left");
    co_await sleep(200ms);
    co_await tail.set("right");
    co_await sleep(200ms);
  }
}

Task<> play(Bus bus, Topic<std::string> tail) {
  auto touched = bus.topic<bool>("sensor/touch/head");
  auto nobody = bus.topic<bool>("sensor/room/empty");
  for (;;) {
    co_await until(touched == true, held_for(300ms));
    co_await move_on_when(until(nobody == true), [&]() -> Task<> { co_await move_on_after(3s, wag, tail); });
    co_await tail.set("rest");
    co_await until(touched == false);
  }
}

Task<> behave(Bus bus) {
  auto tail = bus.topic<std::string>("actuator/tail");
  co_await finally(play(bus, tail), tail.set("rest"));
}

// A broker, the behaviour and a hand that touches it, on a simulated network.
void with_a_robot(const std::function<Task<>(sim::Simulation& world, Bus hand)>& test) {
  sim::simulate_or_throw([&](sim::Simulation& world) -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      Bus robot = co_await world.connect(nursery, client_name("animator"));
      Bus hand = co_await world.connect(nursery, client_name("hand"));
      nursery.start_soon(behave, robot);
      co_await test(world, hand);
      nursery.cancel_scope().cancel();
    });
  });
}

TEST(Behaviour, WagsForThreeSecondsAfterATouchOfThreeHundredMilliseconds) {
  with_a_robot([](sim::Simulation&, Bus hand) -> Task<> {
    auto tail = hand.topic<std::string>("actuator/tail");
    const TimePoint start = now();
    co_await hand.topic<bool>("sensor/touch/head").set(true);
    co_await tail.wait_value("left");
    EXPECT_EQ(now() - start, 300ms);
    co_await tail.wait_value("rest");
    EXPECT_EQ(now() - start, 3300ms);
  });
}

TEST(Behaviour, ShortTouchIsNoTouch) {
  with_a_robot([](sim::Simulation&, Bus hand) -> Task<> {
    auto head = hand.topic<bool>("sensor/touch/head");
    co_await head.set(true);
    co_await sleep(299ms);
    co_await head.set(false);
    const bool still = co_await move_on_after(1min, hand.topic<std::string>("actuator/tail").wait_value("left"));
    EXPECT_TRUE(still);
  });
}

TEST(Behaviour, StopsTheMomentThatTheRoomIsEmpty) {
  with_a_robot([](sim::Simulation&, Bus hand) -> Task<> {
    auto tail = hand.topic<std::string>("actuator/tail");
    co_await hand.topic<bool>("sensor/touch/head").set(true);
    co_await tail.wait_value("right");
    const TimePoint start = now();
    co_await hand.topic<bool>("sensor/room/empty").set(true);
    co_await tail.wait_value("rest");
    EXPECT_EQ(now() - start, 0ms);
  });
}

TEST(Behaviour, RestsWhenItIsStoppedInTheMiddle) {
  sim::simulate_or_throw([](sim::Simulation& world) -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      Bus hand = co_await world.connect(nursery, client_name("hand"));
      auto tail = hand.topic<std::string>("actuator/tail");
      co_await hand.topic<bool>("sensor/touch/head").set(true);
      co_await open_nursery([&](Nursery& life) -> Task<> {
        Bus robot = co_await world.connect(life, client_name("animator"));
        life.start_soon(behave, robot);
        co_await tail.wait_value("right");
        life.cancel_scope().cancel();
      });
      const auto last = co_await tail.get();
      EXPECT_EQ(last, "rest");
    });
  });
}

TEST(Behaviour, GoesOnWhenItsNetworkComesBack) {
  with_a_robot([](sim::Simulation& world, Bus hand) -> Task<> {
    const TimePoint start = now();
    world.network().cut("animator", 2s);
    co_await hand.topic<bool>("sensor/touch/head").set(true);
    co_await hand.topic<std::string>("actuator/tail").wait_value("left");
    EXPECT_EQ(now() - start, 2s);  // the broker has kept the time: the touch was held long ago
  });
}
