// A condition as text, wherever a topic takes a condition.
#include "hoiku/client/where.hpp"

#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Sets the level to 1, 2, … 5, one in each second.
Task<> rise(Topic<int> level) {
  for (int i = 1; i <= 5; ++i) {
    co_await level.set(i);
    co_await sleep(1s);
  }
}

TEST(WhereText, IsAConditionOfAWait) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    const auto level = bus.topic<int>("level");
    const TimePoint start = now();
    nursery.start_soon(rise, level);
    const int high = co_await level.wait_value(where("value > 1"));
    EXPECT_EQ(high, 2);
    const int held = co_await level.wait_value(where("value > 2"), held_for(500ms));
    EXPECT_EQ(held, 3);
    EXPECT_EQ(now() - start, 2500ms);
    const TransitionPtr latest = co_await level.wait_latest(where("value == 4 || value == 5"));
    EXPECT_EQ(latest->value, Value(4));
  });
}

TEST(WhereText, IsAConditionOfAReader) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    const auto level = bus.topic<int>("level");
    co_await level.set(0);
    auto values = level.eventual_values(where("value > 1"), held_for(200ms));
    auto steps = level.transitions(where("old_value > 1"));
    nursery.start_soon(rise, level);
    const int first = co_await values.next();
    EXPECT_EQ(first, 2);
    const TopicTransition<int> step = co_await steps.next();
    EXPECT_EQ(step.value, 3);
  });
}

TEST(WhereText, IsAConditionOfATransition) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    const auto level = bus.topic<int>("level");
    const Version before = co_await level.set(0);
    nursery.start_soon(rise, level);
    const TopicTransition<int> next = co_await level.wait_transition(where("value > 1 && old_value == 1"));
    EXPECT_EQ(next.value, 2);
    const TopicTransition<int> past = co_await level.wait_transition(where("value > 0"), after(before));
    EXPECT_EQ(past.value, 1);
  });
}

// Texts beside comparisons in C++, on one topic and on several.
TEST(WhereText, IsAPartOfAJoinedCondition) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    const auto level = bus.topic<int>("level");
    const auto lid = bus.topic<bool>("lid");
    const auto mood = bus.topic_value("mood");
    co_await lid.set(true);
    co_await mood.set("calm");
    const TimePoint start = now();
    nursery.start_soon(rise, level);
    const int alone = co_await until(satisfies(level, where("value > 1")), held_for(500ms));
    EXPECT_EQ(alone, 2);
    co_await until(satisfies(level, where("value > 2")) && level < 9);
    EXPECT_EQ(now() - start, 2s);
    co_await until(satisfies(level, where("value > 3")) && lid == true && satisfies(mood, where("value == \"calm\"")));
    EXPECT_EQ(now() - start, 3s);
    co_await until(!satisfies(level, where("value < 5")) && satisfies(lid, where("value == true")));
    EXPECT_EQ(now() - start, 4s);
  });
}

TEST(WhereText, ThatFitsNoJoinedConditionIsRefusedAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    const auto level = bus.topic<int>("level");
    EXPECT_THROW((void)satisfies(level, where("value == \"high\"")), TypeMismatch);
    EXPECT_THROW((void)(satisfies(level, where("old_value > 3")) && level > 3), Error);
    const auto anything = bus.topic_value("pose");
    EXPECT_THROW((void)(satisfies(anything, where("value.x > 3")) && level > 3), Error);
    EXPECT_EQ(world.statistics().topics, 0u);
    co_return;
  });
}

TEST(WhereText, MayBeAnExpressionOrAParsedPredicateToo) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    const auto level = bus.topic<int>("level");
    co_await level.set(7);
    const int expression = co_await level.wait_value(where(value > 6));
    const int parsed = co_await level.wait_value(where(*Predicate::parse("value > 6")));
    EXPECT_EQ(expression, parsed);
    const std::optional<int> optional = co_await bus.topic<std::optional<int>>("level").wait_value(where("value > 6"));
    EXPECT_EQ(optional, 7);
  });
}

TEST(WhereText, ThatIsWrongIsRefusedBeforeAnythingIsSent) {
  try {
    (void)where("value >");
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_predicate);
  }
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    EXPECT_THROW((void)bus.topic<std::string>("mood").wait_value(where("value > 3")), Error);
    co_return;
  });
}

}  // namespace
}  // namespace hoiku
