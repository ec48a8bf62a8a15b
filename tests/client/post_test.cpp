// Writes that nobody awaits.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

TEST(Post, IsAppliedInTheOrderOfTheCallsAndFlushWaitsForAll) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    const TimePoint start = now();
    for (int i = 1; i <= 100; ++i) level.post(i);
    EXPECT_EQ(now(), start);
    const Version version = co_await level.set(101);
    EXPECT_EQ(version.number, 101u);
    level.post(102);
    co_await robot.flush();
    EXPECT_EQ(now() - start, 40ms);  // two round trips: the set's, and the last post's
    const std::optional<int> last = co_await level.get();
    EXPECT_EQ(last, 102);
    co_await robot.flush();  // nothing is on its way
  });
}

TEST(Post, BeyondItsLimitIsRefusedAndWritableWaitsForRoom) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    world.network().cut("robot", 1s);
    int posted = 0;
    std::optional<ErrorCode> refused;
    try {
      for (;; ++posted) level.post(posted);
    } catch (const Error& error) {
      refused = error.code();
    }
    EXPECT_EQ(refused, ErrorCode::limit_exceeded);
    EXPECT_EQ(posted, 16'384);
    const TimePoint start = now();
    co_await robot.writable();
    EXPECT_GE(now() - start, 1s);
    level.post(-1);
    co_await robot.flush();
    const std::optional<int> last = co_await level.get();
    EXPECT_EQ(last, -1);
  });
}

TEST(Post, AfterWritableHalfOfAllThatMayBeOnItsWayFits) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    for (int round = 0; round < 4; ++round) {
      co_await robot.writable();
      for (int i = 0; i < 16'384 / 2; ++i) level.post(i);
    }
    co_await robot.flush();
  });
}

TEST(Post, ThatFailsIsToldByTheNextFlushOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    co_await robot.topic<int>("level").set(1);
    robot.topic<std::string>("level").post("high");
    robot.topic<int>("level").post(2);
    const bool told = co_await fails_with<TypeMismatch>(robot.flush());
    EXPECT_TRUE(told);
    co_await robot.flush();
    const std::optional<int> last = co_await robot.topic<int>("level").get();
    EXPECT_EQ(last, 2);
  });
}

TEST(Post, InFlightWhenTheSessionIsLostHasAnUnknownOutcome) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    robot.topic<int>("level").post(1);
    co_await sleep(5ms);
    world.network().cut("robot", 10s);
    std::optional<ErrorCode> code;
    try {
      co_await robot.flush();
    } catch (const Error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, ErrorCode::outcome_unknown);
  });
}

TEST(Post, IsSentBeforeTheBusSaysGoodbye) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus screen = co_await world.connect(nursery, "screen");
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      Bus robot = co_await world.connect(inner, "robot");
      for (int i = 1; i <= 10'000; ++i) robot.topic<int>("level").post(i);
    });
    const std::optional<int> last = co_await screen.topic<int>("level").get();
    EXPECT_EQ(last, 10'000);
  });
}

TEST(Post, OnABusThatHasEndedIsClosed) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    std::optional<Bus> kept;
    co_await open_nursery([&](Nursery& inner) -> Task<> { kept = co_await world.connect(inner, "robot"); });
    const auto level = kept->topic<int>("level");
    EXPECT_THROW(level.post(1), Closed);
    const bool closed = co_await fails_with<Closed>(kept->flush());
    EXPECT_TRUE(closed);
  });
}

}  // namespace
}  // namespace hoiku
