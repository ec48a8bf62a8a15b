// Conditions on the quality of a topic, and readers that show it.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// The quality in conditions is compared with a Quality, by == and != only.
static_assert(IsPredicateExpression<decltype(quality == Quality::stale)>);
static_assert(IsPredicateExpression<decltype(value > 3 && !(Quality::live != quality))>);
template <class E, class T>
concept FitsAnAsyncValue = TestableOn<E, T>;
static_assert(!FitsAnAsyncValue<decltype(quality == Quality::stale), int>);

// Sets the heat, lets it become stale after 100 ms, and sets it again 900 ms later.
Task<> skip_a_second(Topic<double> heat) {
  co_await heat.set(31);
  co_await sleep(1s);
  co_await heat.set(31);
}

TEST(ConditionOnQuality, EndsAWaitWhenTheQualityChanges) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu");
    Bus brain = co_await world.connect(nursery, "brain");
    co_await imu.topic<double>("heat").declare(deadline(100ms));
    const auto heat = brain.topic<double>("heat");
    const TimePoint start = now();
    nursery.start_soon(skip_a_second, imu.topic<double>("heat"));
    const double last = co_await heat.wait_value(quality == Quality::stale);
    EXPECT_EQ(last, 31);
    EXPECT_EQ(now() - start, 100ms);
    const TransitionPtr again = co_await heat.wait_latest(quality != Quality::stale && value > 30);
    EXPECT_EQ(again->version.number, 3u);
    EXPECT_EQ(now() - start, 1s);
    const auto change = co_await heat.wait_transition(quality == Quality::stale);
    EXPECT_EQ(change.value, change.old_value);
    EXPECT_EQ(now() - start, 1100ms);
    const auto past = co_await heat.wait_transition(*Predicate::parse("quality == stale"), after(Version()));
    EXPECT_EQ(past.version.number, 2u);
  });
}

TEST(ConditionOnQuality, UntilTakesIt) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<double>("heat");
    const auto fan = bus.topic<bool>("fan");
    co_await heat.declare(deadline(100ms));
    co_await heat.set(31);
    co_await fan.set(true);
    const TimePoint start = now();
    co_await until(stale(heat));
    EXPECT_EQ(now() - start, 100ms);
    co_await until(stale(heat) && heat > 30, held_for(1s));
    EXPECT_EQ(now() - start, 1100ms);
    // The client tests a condition of several topics, and a hold of a topic whose quality it names may be stale.
    co_await until(stale(heat) && fan == true, held_for(500ms));
    EXPECT_EQ(now() - start, 1600ms);
    const bool gave_up = co_await move_on_after(5s, until(heat > 30 && fan == true, held_for(500ms)));
    EXPECT_TRUE(gave_up);
    const bool none = co_await move_on_after(1s, until(orphaned(heat) || of_quality(fan, Quality::stale)));
    EXPECT_TRUE(none);
    { const Lease lease = co_await heat.own(last_will(0.0)); }
    co_await until(orphaned(heat) || !of_quality(fan, Quality::live));
    const double will = co_await until(orphaned(heat));
    EXPECT_EQ(will, 0);
  });
}

TEST(ConditionOnQuality, AnUnsetTopicSatisfiesNone) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<double>("heat");
    const auto fan = bus.topic<bool>("fan");
    const bool one = co_await move_on_after(1s, until(!stale(heat)));
    EXPECT_TRUE(one);
    const bool several = co_await move_on_after(1s, until(!stale(heat) && !stale(fan)));
    EXPECT_TRUE(several);
  });
}

TEST(ConditionOnQuality, FiltersASubscription) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    co_await bus.topic<double>("heat").declare(deadline(100ms));
    PatternSubscription all = bus.watch("*", Mode::every, where(quality == Quality::stale));
    PatternSubscription parsed = bus.watch("*", where("quality == stale || value > 40"));
    nursery.start_soon(skip_a_second, bus.topic<double>("heat"));
    for (PatternSubscription* reader : {&all, &parsed}) {
      AnyTransition seen = co_await reader->next();
      if (seen.end_of_snapshot) seen = co_await reader->next();
      EXPECT_EQ(seen.quality, Quality::stale);
      EXPECT_EQ(seen.version.number, 2u);
    }
  });
}

TEST(ConditionOnQuality, IsOneOfTransitions) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<double>("heat");
    co_await heat.declare(deadline(100ms));
    auto stale_ones = heat.transitions(quality == Quality::stale);
    auto hot_ones = heat.transitions(value > 30);
    nursery.start_soon(skip_a_second, heat);
    const auto first = co_await stale_ones.next();
    EXPECT_EQ(first.version.number, 2u);
    const auto second = co_await stale_ones.next();
    EXPECT_EQ(second.version.number, 4u);
    co_await heat.set(32);
    auto hot = co_await hot_ones.next();
    if (hot.version.number == 1) hot = co_await hot_ones.next();  // unless it began with that state
    EXPECT_EQ(hot.version.number, 5u);
  });
}

TEST(ConditionOnQuality, IsOneOfEventualValues) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<double>("heat");
    co_await heat.declare(deadline(100ms));
    co_await heat.set(31);
    const TimePoint start = now();
    auto cold = heat.eventual_values(quality == Quality::stale, held_for(1s));
    const double seen = co_await cold.next();
    EXPECT_EQ(seen, 31);
    EXPECT_EQ(now() - start, 1100ms);
  });
}

TEST(QualifiedValues, ShowAChangeOfTheQuality) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<double>("heat");
    co_await heat.declare(deadline(100ms));
    auto states = with_quality(heat).eventual_values();
    auto values = heat.eventual_values();
    nursery.start_soon(skip_a_second, heat);
    for (const Quality expected : {Quality::live, Quality::stale, Quality::live}) {
      const Qualified<double> state = co_await states.next();
      EXPECT_EQ(state, Qualified<double>(31, expected));
    }
    const double first = co_await values.next();
    EXPECT_EQ(first, 31);
    const bool is_same = co_await move_on_after(1s, values.next());
    EXPECT_TRUE(is_same);
  });
}

TEST(QualifiedValues, TakeConditionsAndHolds) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<double>("heat");
    co_await heat.declare(deadline(100ms));
    co_await heat.set(31);
    const TimePoint start = now();
    auto not_live = with_quality(heat).eventual_values(
        [](const Qualified<double>& state) { return state.quality != Quality::live; });
    const Qualified<double> late = co_await not_live.next();
    EXPECT_EQ(late.quality, Quality::stale);
    EXPECT_EQ(now() - start, 100ms);
    auto hot = with_quality(heat).eventual_values(value > 30, held_for(100ms));
    const Qualified<double> held = co_await hot.next();
    EXPECT_EQ(held.quality, Quality::stale);
    auto unchanged = with_quality(heat).eventual_values(held_for(200ms));
    co_await heat.set(31);
    const TimePoint touched = now();
    const Qualified<double> still = co_await unchanged.next();
    EXPECT_EQ(still.quality, Quality::stale);
    EXPECT_EQ(now() - touched, 300ms);  // stale after 100 ms, and unchanged for 200 ms
  });
}

TEST(QualifiedValues, AreMembersOfComposites) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<double>("heat");
    const auto fan = bus.topic<bool>("fan");
    co_await heat.declare(deadline(100ms));
    co_await fan.set(true);
    auto both = compose_values(with_quality(heat), fan);
    auto states = both.eventual_values();
    nursery.start_soon(skip_a_second, heat);
    for (const Quality expected : {Quality::live, Quality::stale, Quality::live}) {
      const auto [hot, on] = co_await states.next();
      EXPECT_EQ(hot, Qualified<double>(31, expected));
      EXPECT_TRUE(on);
    }
    const TimePoint start = now();
    const auto [cold, still_on] = co_await both.wait_value(
        [](const Qualified<double>& state, bool is_on) { return is_on && state.quality == Quality::stale; },
        held_for(1s));
    EXPECT_EQ(now() - start, 1100ms);
    EXPECT_EQ(cold.value, 31);
    EXPECT_TRUE(still_on);
  });
}

TEST(QualifiedValues, OfAnOptionalTopicShowHowItBecameUnset) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto heat = bus.topic<std::optional<double>>("heat");
    auto states = with_quality(heat).eventual_values();
    using State = Qualified<std::optional<double>>;
    State seen = co_await states.next();
    EXPECT_EQ(seen, State(std::nullopt, Quality::live));
    {
      const Lease lease = co_await heat.own();
      co_await heat.set(31.0);
      seen = co_await states.next();
      EXPECT_EQ(seen, State(31.0, Quality::live));
    }
    seen = co_await states.next();
    EXPECT_EQ(seen, State(std::nullopt, Quality::orphaned));
  });
}

}  // namespace
}  // namespace hoiku
