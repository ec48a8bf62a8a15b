// Topic<T>: wait_transition and transitions, over a simulated network.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(TopicWaitTransition, FromAKnownVersionNothingIsMissed) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<std::string>("lid");
    const Version known = co_await lid.set("closed");
    co_await lid.set("open");
    co_await lid.set("closed");
    const auto opened = co_await lid.wait_transition(value == "open", after(known));
    EXPECT_EQ(opened.old_value, "closed");
    EXPECT_EQ(opened.value, "open");
    EXPECT_EQ(opened.version.number, 2u);
    EXPECT_EQ(opened.writer, "a");
    const auto next = co_await lid.wait_transition(after(opened.version));
    EXPECT_EQ(next.value, "closed");
  });
}

TEST(TopicWaitTransition, WithoutAVersionTheLatestValueDoesNotCount) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<std::string>("lid");
    co_await lid.set("open");
    nursery.start_soon(
        [](Topic<std::string> topic) -> Task<> {
          co_await sleep(1s);
          co_await topic.set("closed");
          co_await topic.set("open");
          co_await topic.unset();
        },
        lid);
    const auto start = now();
    const auto opened = co_await lid.wait_transition(value == "open");
    EXPECT_EQ(now() - start, 1s);
    EXPECT_EQ(opened.old_value, "closed");
    const auto gone = co_await lid.wait_transition(after(opened.version));
    EXPECT_EQ(gone.value, std::nullopt);
    EXPECT_EQ(gone.old_value, "open");
  });
}

TEST(TopicWaitTransition, ACallableSeesTheNewValueAndTheOldOne) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(10);
    nursery.start_soon(
        [](Topic<int> topic) -> Task<> {
          co_await sleep(1s);
          for (const int number : {11, 12, 30, 31}) co_await topic.set(number);
        },
        level);
    const auto jump = [](std::optional<int> after, std::optional<int> before) {
      return after && before && *after - *before > 5;
    };
    const auto jumped = co_await level.wait_transition(jump);
    EXPECT_EQ(jumped.old_value, 12);
    EXPECT_EQ(jumped.value, 30);
  });
}

TEST(TopicWaitTransition, ConditionsIgnoreChangesOfQuality) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto yaw = bus.topic<int>("yaw");
    co_await yaw.declare(deadline(100ms));
    co_await yaw.set(5);
    int here = 0, there = 0, changes = 0;
    nursery.start_soon([&]() -> Task<> {
      const auto change = co_await yaw.wait_transition([](int v) { return v > 3; });
      here = *change.value;
    });
    nursery.start_soon([&]() -> Task<> {
      const auto change = co_await yaw.wait_transition(value > 3);
      there = *change.value;
    });
    nursery.start_soon([&]() -> Task<> {
      auto matching = yaw.transitions(value > 3);
      const auto change = co_await matching.next();
      changes = *change.value;
    });
    co_await sleep(1s);  // it has become stale
    EXPECT_EQ(here + there + changes, 0);
    co_await yaw.set(6);
    co_await sleep(1s);
    EXPECT_EQ(here, 6);
    EXPECT_EQ(there, 6);
    EXPECT_EQ(changes, 6);
  });
}

TEST(TopicWaitTransition, AfterALostSessionTheWaitCountsFromItsFirstVersion) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus brain = co_await world.connect(nursery, "brain");
    auto lid = robot.topic<std::string>("lid");
    co_await lid.set("closed");
    nursery.start_soon(
        [](BusWorld& network, Topic<std::string> topic) -> Task<> {
          co_await sleep(1s);
          network.network().cut("brain", 10s);  // longer than its session
          co_await sleep(5s);
          co_await topic.set("open");  // the client is not connected
          co_await topic.set("closed");
        },
        std::ref(world), lid);
    const auto start = now();
    const auto opened = co_await brain.topic<std::string>("lid").wait_transition(value == "open");
    EXPECT_GE(now() - start, 11s);
    EXPECT_EQ(opened.old_value, "closed");
    EXPECT_EQ(opened.value, "open");
  });
}

TEST(TopicWaitTransition, AVersionThatLeftTheHistoryIsAnErrorNeverALaterMatch) {
  Limits limits;
  limits.history_transitions_max = 4;
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus bus = co_await world.connect(nursery, "a");
        auto level = bus.topic<int>("level");
        const Version known = co_await level.set(0);
        for (int number = 1; number <= 9; ++number) co_await level.set(number);
        ErrorCode code{};
        std::string message;
        try {
          co_await level.wait_transition(value > 3, after(known));
        } catch (const Error& error) {
          code = error.code();
          message = error.what();
        }
        EXPECT_EQ(code, ErrorCode::lagged);
        EXPECT_THAT(message, HasSubstr("level"));
      },
      limits);
}

TEST(TopicWaitTransition, ABrokerRestartIsReportedAsLagged) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(1);
    nursery.start_soon(
        [](BusWorld& broker) -> Task<> {
          co_await sleep(1s);
          broker.start_broker();
        },
        std::ref(world));
    ErrorCode code{};
    try {
      co_await level.wait_transition();
    } catch (const Error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, ErrorCode::lagged);
  });
}

TEST(TopicWaitTransition, ACancelledWaitIsCancelledAtTheBroker) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await move_on_after(1s, level.wait_transition(value > 3));
    co_await sleep(1s);
    EXPECT_EQ(world.statistics().waits, 0u);
    EXPECT_EQ(world.statistics().topics, 0u);
  });
}

// ---- transitions()

TEST(TopicTransitions, GiveEachChangeOnceAndInOrder) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(0);
    auto reader = level.transitions();
    co_await sleep(1s);  // the broker has opened the subscription
    for (int number = 1; number <= 50; ++number) co_await level.set(number);
    co_await level.unset();
    for (int number = 1; number <= 50; ++number) {
      const auto change = co_await reader.next();
      EXPECT_EQ(change.old_value, number - 1);
      EXPECT_EQ(change.value, number);
      EXPECT_FALSE(change.lagged);
    }
    const auto last = co_await reader.next();
    EXPECT_EQ(last.old_value, 50);
    EXPECT_EQ(last.value, std::nullopt);
  });
}

TEST(TopicTransitions, TheCurrentStateIsNotATransition) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(7);
    auto reader = level.transitions();
    const bool nothing = co_await move_on_after(1s, reader.next());
    EXPECT_TRUE(nothing);
    co_await level.set(8);
    const auto change = co_await reader.next();
    EXPECT_EQ(change.old_value, 7);
    EXPECT_EQ(change.value, 8);
  });
}

TEST(TopicTransitions, WithAConditionGiveOnlyMatches) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(0);
    auto high = level.transitions(value > 10);
    auto falling =
        level.transitions([](std::optional<int> after, std::optional<int> before) { return after < before; });
    auto even = level.transitions([](int after) { return after % 2 == 0; });
    co_await sleep(1s);
    for (const int number : {5, 12, 9, 20}) co_await level.set(number);
    const auto first = co_await high.next();
    EXPECT_EQ(first.value, 12);
    EXPECT_EQ(first.old_value, 5);
    const auto second = co_await high.next();
    EXPECT_EQ(second.value, 20);
    EXPECT_EQ(second.old_value, 9);
    const auto fell = co_await falling.next();
    EXPECT_EQ(fell.value, 9);
    const auto twelve = co_await even.next();
    EXPECT_EQ(twelve.value, 12);
  });
}

TEST(TopicTransitions, AGapBeyondTheHistoryIsReportedOnce) {
  Limits limits;
  limits.history_transitions_max = 4;
  limits.credit_transitions = 8;
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus bus = co_await world.connect(nursery, "a");
        auto level = bus.topic<int>("level");
        co_await level.set(0);
        auto reader = level.transitions();
        auto tens = level.transitions([](int after) { return after % 10 == 0; });
        co_await sleep(1s);
        for (int number = 1; number <= 100; ++number) {
          co_await level.set(number);
          co_await sleep(1ms);
        }
        std::uint64_t given = 0;
        std::uint64_t missing = 0;
        int last = 0;
        while (last != 100) {
          const auto change = co_await reader.next();
          ++given;
          if (change.lagged) missing += change.lagged->count;
          last = *change.value;
        }
        EXPECT_EQ(given + missing, 100u);
        EXPECT_GT(missing, 0u);
        const auto ten = co_await tens.next();  // filtered versions are not a gap, and a gap is reported
        EXPECT_TRUE(ten.value == 100 && ten.lagged);
      },
      limits);
}

}  // namespace
}  // namespace hoiku
