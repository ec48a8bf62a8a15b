// The rest of a budget may come out as zero. No verb takes zero for "for ever": it is refused, or over at once.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

template <class F>
std::string refusal(F make) {
  try {
    make();
  } catch (const Error& error) {
    return error.code() == ErrorCode::invalid_argument ? error.what() : "another error";
  }
  return "nothing";
}

TEST(ZeroTimes, ADeadlineAndALeaseOfZeroOrLessAreRefused) {
  for (const Duration time : {Duration(0), Duration(-1)}) {
    EXPECT_THAT(refusal([&] { (void)deadline(time); }), HasSubstr("no_deadline takes a topic's deadline away"));
    EXPECT_THAT(refusal([&] { (void)lasting(time); }), HasSubstr("a lease lasts longer than zero"));
  }
}

TEST(ZeroTimes, NoDeadlineTakesADeadlineAway) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    co_await level.declare(deadline(100ms));
    co_await level.set(1);
    co_await sleep(1s);
    const TransitionPtr stale = co_await level.latest();
    EXPECT_EQ(stale->quality, Quality::stale);
    co_await level.declare(no_deadline);
    co_await level.set(2);
    co_await sleep(1h);
    const TransitionPtr live = co_await level.latest();
    EXPECT_EQ(live->quality, Quality::live);
  });
}

TEST(ZeroTimes, AHoldOfZeroIsNone) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    co_await level.set(1);
    const TimePoint start = now();
    const int at_the_broker = co_await level.wait_value(value == 1, held_for(0s));
    const int here = co_await level.wait_value([](int v) { return v == 1; }, held_for(0s));
    auto values = level.eventual_values(held_for(0s));
    const int read = co_await values.next();
    AsyncValue<int> local{1};
    const int in_a_value = co_await local.wait_value(1, held_for(0s));
    EXPECT_EQ(at_the_broker + here + read + in_a_value, 4);
    EXPECT_EQ(now(), start);
  });
}

TEST(ZeroTimes, ATimeLimitOfZeroIsOverAtTheFirstWait) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    const TimePoint start = now();
    const bool late = co_await move_on_after(0s, level.wait_value(value == 1));
    EXPECT_TRUE(late);
    const bool failed =
        co_await fails_with<TooSlowError>([&]() -> Task<> { co_await fail_after(0s, level.wait_transition()); }());
    EXPECT_TRUE(failed);
    EXPECT_EQ(now(), start);
  });
}

TEST(ZeroTimes, ConnectingForZeroIsOverAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.kill_broker();
    const TimePoint start = now();
    std::string told;
    try {
      co_await world.connect(nursery, "robot", connect_timeout(0s));
    } catch (const Error& error) {
      told = error.what();
    }
    EXPECT_THAT(told, HasSubstr("within 0s"));
    EXPECT_EQ(now(), start);
  });
}

TEST(ZeroTimes, ASessionTimeoutOfZeroIsTheShortestNotTheDefault) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    std::vector<ConnectionEvent::Kind> told;
    const auto listener = on_connection_event([&](const ConnectionEvent& event) { told.push_back(event.kind); });
    Bus robot = co_await world.connect(nursery, "robot", session_timeout(0ms), listener);
    co_await robot.topic<int>("level").set(1);
    world.network().cut("robot", 1s);
    co_await sleep(2s);
    EXPECT_THAT(told, testing::Contains(ConnectionEvent::Kind::renewed));
  });
}

TEST(ZeroTimes, ARateOfZeroLeavesNothingOut) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    auto values = level.eventual_values(at_most_every(0s));
    const TimePoint start = now();
    for (int i = 1; i <= 3; ++i) {
      co_await level.set(i);
      const int seen = co_await values.next();
      EXPECT_EQ(seen, i);
    }
    EXPECT_EQ(now(), start);
  });
}

}  // namespace
}  // namespace hoiku
