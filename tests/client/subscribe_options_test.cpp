// The options of a subscription: where(...) and at_most_every(...); and Bus::readers.
#include "hoiku/client/subscribe_options.hpp"

#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// The values that have arrived already.
std::vector<Value> taken(PatternSubscription& subscription) {
  std::vector<Value> values;
  while (const auto transition = subscription.try_next()) {
    if (!transition->end_of_snapshot) values.push_back(transition->value);
  }
  return values;
}

const ReaderInfo& only(const std::vector<ReaderInfo>& readers) {
  EXPECT_EQ(readers.size(), 1u);
  return readers.at(0);
}

TEST(SubscribeOptions, AFilterIsTestedInTheBrokerAndCountsWhatDidNotPass) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    PatternSubscription high = screen.watch("m/*", where("value > 3"));
    const AnyTransition mark = co_await high.next();
    EXPECT_TRUE(mark.end_of_snapshot);
    auto heat = robot.topic<int>("m/heat");
    for (const int value : {1, 5, 2, 3}) co_await heat.set(value);
    AnyTransition transition = co_await high.next();
    EXPECT_EQ(transition.value, Value(5));
    EXPECT_EQ(transition.filtered, 1u);
    co_await heat.set(7);
    transition = co_await high.next();
    EXPECT_EQ(transition.value, Value(7));
    EXPECT_EQ(transition.old_value, Value(5));
    EXPECT_EQ(transition.filtered, 2u);
    EXPECT_EQ(transition.skipped, 0u);
    EXPECT_EQ(high.statistics().filtered, 3u);
    EXPECT_EQ(high.statistics().received, 2u);
  });
}

TEST(SubscribeOptions, AnExpressionIsAFilterToo) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    PatternSubscription some = bus.watch("**", Mode::every, where(value > 3 && value != 5));
    co_await some.next();
    auto number = bus.topic<int>("number");
    for (const int value : {4, 5, 6}) co_await number.set(value);
    co_await sim::settle();
    EXPECT_THAT(taken(some), testing::ElementsAre(Value(4), Value(6)));
  });
}

TEST(SubscribeOptions, AfterALostSessionTheFilterStillAppliesAndTheCountContinues) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen", session_timeout(2s));
    auto heat = robot.topic<int>("heat");
    PatternSubscription high = screen.watch("*", where("value > 3"));
    co_await high.next();
    for (const int value : {5, 1}) co_await heat.set(value);
    co_await sim::settle();
    EXPECT_THAT(taken(high), testing::ElementsAre(Value(5)));
    world.network().cut("screen", 10s);
    for (const int value : {2, 6, 0, 7, 3}) co_await heat.set(value);
    co_await sleep(20s);
    const auto transition = co_await high.next();
    EXPECT_EQ(transition.value, Value(7));
    EXPECT_EQ(transition.filtered, 3u);  // 1 before the cut, 2 and 0 within
    EXPECT_EQ(transition.skipped, 1u);   // 6
  });
}

TEST(SubscribeOptions, ARestartedBrokerUnsetsNothingThatAFilterHides) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<int>("heat").set(5);
    PatternSubscription high = bus.watch("*", where("value > 3"));
    co_await sim::settle();
    EXPECT_THAT(taken(high), testing::ElementsAre(Value(5)));
    world.start_broker();
    co_await sleep(10s);
    co_await bus.topic<int>("heat").set(1);
    co_await sim::settle();
    EXPECT_THAT(taken(high), testing::IsEmpty());
    co_await bus.topic<int>("heat").set(9);
    co_await sim::settle();
    EXPECT_THAT(taken(high), testing::ElementsAre(Value(9)));
  });
}

TEST(SubscribeOptions, ARateBringsTheNewestWhenTheIntervalEnds) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<int>("heat").set(0);
    PatternSubscription seldom = bus.watch("heat", at_most_every(100ms));
    auto slow = bus.topic<int>("heat").eventual_values(at_most_every(1s));
    const int first = co_await slow.next();
    EXPECT_EQ(first, 0);
    EXPECT_THAT(taken(seldom), testing::ElementsAre(Value(0)));
    const TimePoint start = now();
    for (const int value : {1, 2, 3}) co_await bus.topic<int>("heat").set(value);
    const AnyTransition transition = co_await seldom.next();
    EXPECT_EQ(transition.value, Value(3));
    EXPECT_EQ(transition.skipped, 2u);
    EXPECT_EQ(now() - start, 100ms);
    const int last = co_await slow.next();
    EXPECT_EQ(last, 3);
    EXPECT_EQ(now() - start, 1s);
  });
}

TEST(SubscribeOptions, InvalidOptionsThrowAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto code_of = [](auto&& act) -> std::optional<ErrorCode> {
      try {
        act();
      } catch (const Error& error) {
        return error.code();
      }
      return std::nullopt;
    };
    EXPECT_EQ(code_of([&] { bus.watch("a", Mode::every, at_most_every(1s)); }), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of([&] { bus.watch("a", at_most_every(-1s)); }), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of([&] { bus.watch("a", where("value >")); }), ErrorCode::invalid_predicate);
    co_await bus.topic<std::string>("text").set("x");
    PatternSubscription wrong = bus.watch("text", where("value > int64(3)"));
    const bool refused = co_await fails_with<TypeMismatch>(wrong.next());
    EXPECT_TRUE(refused);
  });
}

TEST(Readers, AreListedWithWhatBecameOfWhatWasWritten) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    PatternSubscription high = screen.watch("m/*", where(value > 3), at_most_every(1h));
    co_await high.next();
    for (const int value : {1, 5, 6, 2, 7}) co_await robot.topic<int>("m/heat").set(value);
    co_await sleep(20ms);  // the client acknowledges what it has
    const std::vector<ReaderInfo> readers = co_await robot.readers();
    const ReaderInfo& reader = only(readers);
    EXPECT_EQ(reader.client, "screen");
    EXPECT_TRUE(reader.session.starts_with("screen-")) << reader.session;
    EXPECT_EQ(reader.topics, std::vector<std::string>{"m/*"});
    EXPECT_EQ(reader.mode, Mode::latest);
    EXPECT_EQ(reader.interval, 1h);
    EXPECT_EQ(reader.filter, Predicate::parse("value > int64(3)")->key());
    EXPECT_EQ(reader.matched, 1u);
    EXPECT_EQ(reader.written, 5u);
    EXPECT_EQ(reader.delivered, 1u);
    EXPECT_EQ(reader.in_flight, 0u);
    EXPECT_EQ(reader.conflated, 1u);
    EXPECT_EQ(reader.filtered, 2u);
    EXPECT_EQ(reader.lagged, 0u);
    EXPECT_EQ(reader.pending, 1u);
  });
}

}  // namespace
}  // namespace hoiku
