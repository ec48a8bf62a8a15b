// measured_at(): the time of a measurement, by the clock of its source, from the writer to every kind of reader.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

const WallTime measured{1'700'000'000s};

TEST(SourceTime, OfASetIsSeenByEveryReader) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    auto steps = level.transitions();
    auto all = robot.watch("level");
    co_await level.set(0);
    co_await level.set(1, measured_at(measured));
    const TransitionPtr latest = co_await level.latest();
    EXPECT_EQ(latest->source_time, measured);
    const TransitionPtr waited = co_await level.wait_latest(value == 1);
    EXPECT_EQ(waited->source_time, measured);
    const TopicTransition<int> past = co_await level.wait_transition(value == 1, after(Version()));
    EXPECT_EQ(past.source_time, measured);
    TopicTransition<int> step = co_await steps.next();
    while (step.value != 1) step = co_await steps.next();
    EXPECT_EQ(step.source_time, measured);
    AnyTransition any = co_await all.next();
    while (any.value != Value(1)) any = co_await all.next();
    EXPECT_EQ(any.source_time, measured);
    const std::vector<TopicInfo> listed = co_await robot.list("level");
    EXPECT_EQ(listed.front().state->source_time, measured);

    co_await level.set(2);
    const TransitionPtr without = co_await level.latest();
    EXPECT_EQ(without->source_time, std::nullopt);
  });
}

TEST(SourceTime, IsAnOptionOfEveryWriteBesideTheOthers) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    const auto expect_measured = [&](int wanted, WallTime at) -> Task<> {
      co_await robot.flush();
      const TransitionPtr latest = co_await level.latest();
      EXPECT_EQ(latest->value, Value(wanted));
      EXPECT_EQ(latest->source_time, at);
    };
    const Version first = co_await level.set(1, measured_at(measured));
    co_await level.set(2, if_version(first), measured_at(measured + 1s));
    co_await expect_measured(2, measured + 1s);
    level.post(3, measured_at(measured + 2s));
    co_await expect_measured(3, measured + 2s);
    level.post(4, measured_at(measured + 3s), latest_only);
    co_await expect_measured(4, measured + 3s);
    robot.remote().post(level, 5, latest_only, measured_at(measured + 4s));
    co_await expect_measured(5, measured + 4s);
    co_await robot.commit([&](Transaction& one) { one.set(level, 6, measured_at(measured + 5s)); });
    co_await expect_measured(6, measured + 5s);
  });
}

TEST(SourceTime, AnEqualValueKeepsTheTimeOfTheFirstMeasurement) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    co_await level.set(1, measured_at(measured));
    co_await level.set(1, measured_at(measured + 1s));
    const TransitionPtr latest = co_await level.latest();
    EXPECT_EQ(latest->source_time, measured);
  });
}

TEST(SourceTime, MayHaveAnyResolutionAndIsRoundedDownToMicroseconds) {
  using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;
  EXPECT_EQ(measured_at(Nanoseconds(1'999ns)).value(), WallTime(1us));
  EXPECT_EQ(measured_at(Nanoseconds(-1ns)).value(), WallTime(-1us));
  EXPECT_EQ(measured_at(std::chrono::sys_time<std::chrono::seconds>(1s)).value(), WallTime(1s));
}

}  // namespace
}  // namespace hoiku
