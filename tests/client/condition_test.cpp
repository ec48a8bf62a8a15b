// Conditions that know their topic, and until().
#include <limits>

#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_convertible_v<TopicCondition<int>, bool>);
static_assert(!std::is_constructible_v<bool, TopicCondition<int>>);
template <class C>
concept CanBeAwaited = requires(C c) { until(c); };
static_assert(!CanBeAwaited<bool>);

// A topic is compared with literals, in both orders, and with nothing else.
template <class A, class B>
concept Comparable = requires(A a, B b) { a > b; } || requires(A a, B b) { a == b; };
static_assert(Comparable<Topic<int>, double> && Comparable<double, Topic<int>>);
static_assert(!Comparable<Topic<int>, Topic<double>> && !Comparable<Topic<int>, Topic<int>>);
static_assert(!Comparable<Topic<int>, ValueTerm> && !Comparable<ValueTerm, Topic<int>>);
static_assert(!Comparable<Topic<int>, TopicCondition<int>>);

bool holds(const JoinedCondition& condition, std::vector<std::optional<Value>> values) {
  detail::Members members;
  for (std::optional<Value>& v : values) {
    auto transition = std::make_shared<Transition>();
    transition->topic = "t";
    if (v) transition->value = *v;
    members.push_back(std::move(transition));
  }
  return condition.test(members);
}

template <class T>
Topic<T> unbound(std::string name = "t") {
  return Topic<T>(detail::TopicCore(nullptr, std::move(name)));
}

TEST(Condition, AllSixComparisonsInBothOrders) {
  auto t = unbound<int>();
  EXPECT_TRUE(holds(t > 3, {4}) && !holds(t > 3, {3}));
  EXPECT_TRUE(holds(t >= 3, {3}) && !holds(t >= 3, {2}));
  EXPECT_TRUE(holds(t < 3, {2}) && !holds(t < 3, {3}));
  EXPECT_TRUE(holds(t <= 3, {3}) && !holds(t <= 3, {4}));
  EXPECT_TRUE(holds(t == 3, {3}) && !holds(t == 3, {4}));
  EXPECT_TRUE(holds(t != 3, {4}) && !holds(t != 3, {3}));
  EXPECT_TRUE(holds(3 < t, {4}) && !holds(3 < t, {3}));
  EXPECT_TRUE(holds(3 <= t, {3}) && !holds(3 <= t, {2}));
  EXPECT_TRUE(holds(3 > t, {2}) && !holds(3 > t, {3}));
  EXPECT_TRUE(holds(3 >= t, {3}) && !holds(3 >= t, {4}));
  EXPECT_TRUE(holds(3 == t, {3}) && !holds(3 == t, {4}));
  EXPECT_TRUE(holds(3 != t, {4}) && !holds(3 != t, {3}));
}

TEST(Condition, IntegersAreComparedByTheirValues) {
  auto t = unbound<std::int64_t>();
  EXPECT_TRUE(holds(t < 5u, {-1}));
  EXPECT_TRUE(holds(t < std::numeric_limits<std::uint64_t>::max(), {Value(std::numeric_limits<std::int64_t>::max())}));
  EXPECT_FALSE(
      holds(t == std::numeric_limits<std::uint64_t>::max(), {Value(std::numeric_limits<std::int64_t>::max())}));
  auto small = unbound<std::uint8_t>();
  EXPECT_TRUE(holds(small > -1, {0}));
  EXPECT_TRUE(holds(t > 2.5, {3}) && !holds(t > 2.5, {2}));
  EXPECT_TRUE(holds(unbound<double>() == 3, {3.0}));
  EXPECT_TRUE(holds(unbound<std::string>() == "x", {"x"}));
  EXPECT_TRUE(holds(unbound<bool>() != true, {false}));
}

TEST(Condition, AnUnsetTopicMatchesNeitherAConditionNorItsNegation) {
  auto a = unbound<int>("a");
  auto b = unbound<int>("b");
  EXPECT_FALSE(holds(a > 3, {std::nullopt}));
  EXPECT_FALSE(holds(!(a > 3), {std::nullopt}));
  EXPECT_TRUE(holds(a > 3 || b > 3, {std::nullopt, 4}));
  EXPECT_FALSE(holds(!(a > 3 && b > 3), {std::nullopt, 4}));
  EXPECT_TRUE(holds(!(a > 3 && b > 3), {std::nullopt, 3}));
}

TEST(Condition, NestedConditionsKeepTheirTopicsApart) {
  auto a = unbound<int>("a");
  auto b = unbound<int>("b");
  auto c = unbound<bool>("c");
  const JoinedCondition joined = (a > 1 && b > 2) || (c == true && !(a > 1));
  EXPECT_EQ(joined.topics(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(holds(joined, {2, 3, false}));
  EXPECT_FALSE(holds(joined, {2, 2, true}));
  EXPECT_TRUE(holds(joined, {1, 2, true}));
}

TEST(Until, GivesTheValueOfOneTopic) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto temperature = bus.topic<double>("temperature");
    nursery.start_soon(
        [](Topic<double> topic) -> Task<> {
          for (double t : {31.0, 29.0, 32.0, 33.0}) {
            co_await topic.set(t);
            co_await sleep(10ms);
          }
        },
        temperature);
    const double hot = co_await until(temperature > 30.0, held_for(500ms));
    EXPECT_EQ(hot, 33.0);
    const bool gave_up = co_await move_on_after(100ms, until(temperature > 100.0));
    EXPECT_TRUE(gave_up);
  });
}

TEST(Until, SeveralConditionsOnOneTopicAreOneWaitAtTheBroker) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    bool done = false;
    nursery.start_soon(
        [](Topic<int> t, bool& out) -> Task<> {
          co_await until(t > 3 && t < 5);
          out = true;
        },
        level, std::ref(done));
    co_await sim::settle();
    EXPECT_EQ(world.statistics().waits, 1u);
    EXPECT_EQ(world.statistics().subscriptions, 0u);
    co_await level.set(4);
    co_await level.set(9);
    co_await sim::settle();
    EXPECT_TRUE(done);
  });
}

TEST(Until, ConditionsOnTwoTopicsAreSeenTogether) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto x = bus.topic<int>("x");
    auto open = bus.topic<bool>("open");
    const TimePoint start = now();
    nursery.start_soon(
        [](Topic<int> a, Topic<bool> b) -> Task<> {
          co_await a.set(5);
          co_await sleep(1s);
          co_await b.set(true);
          co_await sleep(100ms);
          co_await b.set(false);
          co_await sleep(100ms);
          co_await b.set(true);
        },
        x, open);
    co_await until(x > 3 && open == true);
    EXPECT_EQ(now() - start, 1s);
    co_await until(x > 3 && open == true, held_for(500ms));
    EXPECT_EQ(now() - start, 1700ms);
    co_await until(x > 100 || open == true);
    EXPECT_EQ(now() - start, 1700ms);
  });
}

// A hold that the client measures, while it hears nothing.
class HoldOfTheClient : public testing::TestWithParam<bool> {
 protected:
  // Two topics, or one with a function.
  static Task<> held(Topic<int> x, Topic<bool> open) {
    if (GetParam()) {
      co_await open.wait_value([](bool is_open) { return is_open; }, held_for(300ms));
    } else {
      co_await until(x > 3 && open == true, held_for(300ms));
    }
  }
  // Another client sets this after 150 ms, and 50 ms later.
  static Task<> flip(Topic<bool> open, bool comes_back) {
    co_await sleep(150ms);
    co_await open.set(false);
    co_await sleep(50ms);
    if (comes_back) co_await open.set(true);
  }
  // The topics of client a, for which the condition is true, and one of them as client b has it.
  struct Room {
    Topic<int> x;
    Topic<bool> open;
    Topic<bool> open_at_b;
  };
  static Task<Room> furnish(BusWorld& world, Nursery& nursery) {
    Bus a = co_await world.connect(nursery, "a");
    Bus b = co_await world.connect(nursery, "b");
    const Room room{a.topic<int>("x"), a.topic<bool>("open"), b.topic<bool>("open")};
    co_await room.x.set(5);
    co_await room.open.set(true);
    co_return room;
  }
  static Task<> cut_after_100ms(BusWorld& world) {
    co_await sleep(100ms);
    world.network().cut("a", 500ms);
  }
};

TEST_P(HoldOfTheClient, IsCompleteWhenItHearsThatNothingHasChanged) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const Room room = co_await furnish(world, nursery);
    const TimePoint start = now();
    nursery.start_soon([&world] { return cut_after_100ms(world); });
    co_await held(room.x, room.open);
    EXPECT_EQ(now() - start, 600ms);
    co_await held(room.x, room.open);
    EXPECT_EQ(now() - start, 900ms);
  });
}

TEST_P(HoldOfTheClient, DoesNotCountWhatHasChangedWhileItWasCutOff) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const Room room = co_await furnish(world, nursery);
    const TimePoint start = now();
    nursery.start_soon([open = room.open_at_b] { return flip(open, true); });
    nursery.start_soon([&world] { return cut_after_100ms(world); });
    co_await held(room.x, room.open);
    EXPECT_EQ(now() - start, 900ms) << "it begins anew when the client hears of it";
  });
}

TEST_P(HoldOfTheClient, DoesNotCountWhatTheClientHearsTooLate) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const Room room = co_await furnish(world, nursery);
    nursery.start_soon([open = room.open_at_b] { return flip(open, false); });
    nursery.start_soon([&world]() -> Task<> {
      co_await sleep(100ms);
      world.network().cut_one_way("a", sim::End::client, 500ms);
    });
    EXPECT_TRUE(co_await move_on_after(10s, held(room.x, room.open)));
  });
}

INSTANTIATE_TEST_SUITE_P(Readers, HoldOfTheClient, testing::Bool());

TEST(Until, StopsABehaviourTheMomentThatTheRoomIsEmpty) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto nobody = bus.topic<bool>("nobody");
    auto tail = bus.topic<std::string>("tail");
    const TimePoint start = now();
    nursery.start_soon(
        [](Topic<bool> t) -> Task<> {
          co_await sleep(1s);
          co_await t.set(true);
        },
        nobody);
    const bool cut_short = co_await move_on_when(until(nobody == true), [&]() -> Task<> {
      for (;;) {
        co_await tail.set("left");
        co_await sleep(200ms);
      }
    });
    EXPECT_TRUE(cut_short);
    EXPECT_EQ(now() - start, 1s);
  });
}

}  // namespace
}  // namespace hoiku
