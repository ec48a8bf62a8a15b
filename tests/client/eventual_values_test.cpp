// Topic::eventual_values and composites: what a reader sees, and what it never sees.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(TopicValues, GiveTheLatestValueThenLaterOnes) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(1);
    auto values = level.eventual_values();
    const auto got_1 = co_await values.next();
    EXPECT_EQ(got_1, 1);
    co_await level.set(2);
    co_await level.set(3);
    co_await sim::settle();
    const auto got_2 = co_await values.next();
    EXPECT_EQ(got_2, 3);
    co_await level.set(4);
    co_await level.set(3);
    co_await sim::settle();
    const bool nothing_new = co_await move_on_after(1s, values.next());
    EXPECT_TRUE(nothing_new);
    co_await level.unset();
    co_await level.set(3);
    co_await sim::settle();
    const bool still_nothing = co_await move_on_after(1s, values.next());
    EXPECT_TRUE(still_nothing);
  });
}

TEST(TopicValues, WithAConditionGiveOnlyMatches) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    std::vector<int> seen;
    nursery.start_soon(
        [](Topic<int> of, std::vector<int>& out) -> Task<> {
          auto even = of.eventual_values([](int v) { return v % 2 == 0; });
          for (;;) out.push_back(co_await even.next());
        },
        level, std::ref(seen));
    for (int i = 1; i <= 5; ++i) {
      co_await level.set(i);
      co_await sleep(1s);
    }
    EXPECT_THAT(seen, ElementsAre(2, 4));
    nursery.cancel_scope().cancel();
  });
}

TEST(TopicValues, AParsedConditionHasToFitTheTopicsType) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto code = bus.topic<std::string>("code");
    co_await code.set("42");
    const Predicate is_42 = *Predicate::parse("value == \"42\"");
    auto values = code.eventual_values(is_42);
    const std::string seen = co_await values.next();
    EXPECT_EQ(seen, "42");
    const Predicate is_word = *Predicate::parse("value == \"hello\"");
    EXPECT_THROW(static_cast<void>(bus.topic<int>("number").eventual_values(is_word)), TypeMismatch);
  });
}

TEST(TopicValues, WithAHoldGiveOnlyValuesThatStayed) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    std::vector<int> seen;
    nursery.start_soon(
        [](Topic<int> of, std::vector<int>& out) -> Task<> {
          auto steady = of.eventual_values(held_for(1s));
          for (;;) out.push_back(co_await steady.next());
        },
        level, std::ref(seen));
    for (int i = 1; i <= 6; ++i) {
      co_await level.set(i);
      co_await sleep(i % 3 == 0 ? 1500ms : 500ms);
    }
    EXPECT_THAT(seen, ElementsAre(3, 6));
    nursery.cancel_scope().cancel();
  });
}

TEST(TopicValues, AHoldStartsAgainWhenVersionsWereSkipped) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    auto level = robot.topic<int>("level");
    co_await level.set(20);
    const TimePoint start = now();
    TimePoint fired{};
    nursery.start_soon(
        [](Topic<int> of, TimePoint& at) -> Task<> {
          co_await of.wait_value([](int v) { return v >= 20; }, held_for(3s));
          at = now();
        },
        screen.topic<int>("level"), std::ref(fired));
    co_await sleep(1s);
    world.network().cut("screen", 1s);
    co_await level.set(5);  // not seen by the screen
    co_await level.set(21);
    co_await sleep(10s);
    EXPECT_EQ(fired - start, 5s);  // from when 21 arrived
  });
}

TEST(TopicValues, ATypeMismatchComesOutOfNext) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<std::string>("door").set("open");
    auto values = bus.topic<int>("door").eventual_values();
    const bool refused_1 = co_await fails_with<TypeMismatch>(values.next());
    EXPECT_TRUE(refused_1);
  });
}

TEST(TopicValues, TheSubscriptionEndsWithTheObject) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    {
      auto values = bus.topic<int>("x").eventual_values();
      co_await bus.topic<int>("y").set(1);
      EXPECT_EQ(world.statistics().subscriptions, 1u);
    }
    co_await bus.topic<int>("y").set(2);
    EXPECT_EQ(world.statistics().subscriptions, 0u);
  });
}

TEST(Composite, ShowsNothingBeforeAllAreSetThenEachStateOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto sad = bus.topic<std::string>("sad");
    auto happy = bus.topic<std::string>("happy");
    std::vector<std::string> seen;
    nursery.start_soon(
        [](Topic<std::string> a, Topic<std::string> b, std::vector<std::string>& out) -> Task<> {
          auto both = compose_values(a, b);
          auto moods = both.eventual_values();
          for (;;) {
            auto [s, h] = co_await moods.next();
            out.push_back(s + "/" + h);
          }
        },
        sad, happy, std::ref(seen));
    co_await sad.set("s1");
    co_await sleep(1s);
    EXPECT_THAT(seen, ElementsAre());
    co_await happy.set("h1");
    co_await sleep(1s);
    co_await sad.set("s2");
    co_await sleep(1s);
    co_await happy.unset();
    co_await sad.set("s3");
    co_await sleep(1s);
    co_await happy.set("h2");
    co_await sleep(1s);
    EXPECT_THAT(seen, ElementsAre("s1/h1", "s2/h1", "s3/h2"));
    nursery.cancel_scope().cancel();
  });
}

TEST(Composite, WaitsForACallableOfTheValuesOrOfTheTuple) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto x = bus.topic<int>("x");
    auto y = bus.topic<double>("y");
    nursery.start_soon(
        [](Topic<int> a, Topic<double> b) -> Task<> {
          co_await a.set(1);
          co_await b.set(2.5);
          co_await a.set(3);
        },
        x, y);
    const auto [a, b] = co_await compose_values(x, y).wait_value([](int p, double q) { return p > q; });
    EXPECT_EQ(a, 3);
    EXPECT_EQ(b, 2.5);
    auto pair = compose_values(x, x);  // a name may appear twice
    const auto twice =
        co_await pair.wait_value([](const std::tuple<int, int>& t) { return std::get<0>(t) == std::get<1>(t); });
    EXPECT_EQ(std::get<1>(twice), 3);
  });
}

TEST(Composite, SurvivesARestartOfTheBrokerWithoutAMixedState) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto x = bus.topic<int>("x");
    auto y = bus.topic<int>("y");
    co_await x.set(1);
    co_await y.set(1);
    auto both = compose_values(x, y);
    auto states = both.eventual_values();
    const auto got_1 = co_await states.next();
    EXPECT_EQ(got_1, std::tuple(1, 1));
    world.start_broker();
    co_await sim::settle();
    co_await x.set(2);  // y is unset now: 2/1 never existed
    co_await sleep(1s);
    co_await y.set(2);
    const auto got_2 = co_await states.next();
    EXPECT_EQ(got_2, std::tuple(2, 2));
  });
}

TEST(Composite, TakesSixtyFourTopicsOfOneBus) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus one = co_await world.connect(nursery, "one");
    Bus two = co_await world.connect(nursery, "two");
    EXPECT_THROW((void)compose_values(one.topic<int>("x"), two.topic<int>("x")), Error);
    std::vector<detail::TopicCore> topics;
    for (int i = 0; i < 65; ++i) topics.push_back(one.topic<int>("t/" + std::to_string(i)).core());
    EXPECT_THROW(detail::CompositeCore{topics}, Error);
    topics.pop_back();
    EXPECT_NO_THROW(detail::CompositeCore{topics});
  });
}

}  // namespace
}  // namespace hoiku
