// Bus::watch: a snapshot, a mark, and the transitions, over all that may happen to a connection.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::UnorderedElementsAre;

TEST(PatternSubscription, GivesTheStateThenTheMarkThenTheChanges) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<int>("s/a").set(1);
    co_await bus.topic<int>("s/b").set(2);
    co_await bus.topic<int>("other").set(3);
    PatternSubscription watch = bus.watch("s/*");
    std::vector<std::string> topics;
    for (;;) {
      const AnyTransition transition = co_await watch.next();
      if (transition.end_of_snapshot) break;
      topics.push_back(transition.topic);
      EXPECT_TRUE(transition.old_value.is_null());
      EXPECT_EQ(transition.writer, "a");
    }
    EXPECT_THAT(topics, UnorderedElementsAre("s/a", "s/b"));
    co_await bus.topic<int>("s/c").set(7);  // a topic that is created later
    AnyTransition transition = co_await watch.next();
    EXPECT_EQ(transition.topic, "s/c");
    co_await bus.topic<int>("s/a").set(5);
    co_await bus.topic<int>("s/a").set(6);
    co_await bus.topic<int>("s/a").set(7);
    co_await sim::settle();
    transition = co_await watch.next();
    EXPECT_EQ(transition.old_value, Value(1));
    EXPECT_EQ(transition.value, Value(7));
    EXPECT_EQ(transition.version.number, 4u);
    EXPECT_EQ(transition.skipped, 2u);
    EXPECT_FALSE(watch.try_next());
    const SubscriptionStatistics counts = watch.statistics();
    EXPECT_EQ(counts.received, counts.taken + counts.conflated + counts.pending);
  });
}

TEST(PatternSubscription, ABatchHasWhatHasArrived) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto topic = bus.topic<std::string>("s/a");
    co_await topic.set("a text that is not short");
    PatternSubscription watch = bus.watch("s/*", Mode::every);
    std::vector<AnyTransition> all;
    std::size_t batches = 0;
    const auto take_batch = [&]() -> Task<> {
      ++batches;
      TransitionBatch batch = co_await watch.batch();
      for (const AnyTransitionView& transition : batch) all.push_back(transition.copy());
    };
    while (all.size() < 2) co_await take_batch();
    EXPECT_EQ(all[0].value, Value("a text that is not short"));
    EXPECT_EQ(all[0].topic, "s/a");
    EXPECT_EQ(all[0].writer, "a");
    EXPECT_TRUE(all[1].end_of_snapshot);

    all.clear();
    batches = 0;
    for (int i = 0; i < 50; ++i) topic.post("text number " + std::to_string(i));
    while (all.size() < 50) co_await take_batch();
    EXPECT_LE(batches, 2u);  // both ends send what they have in one frame
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(all[i].value, Value("text number " + std::to_string(i)));
      EXPECT_EQ(all[i].version.number, i + 2);
      EXPECT_EQ(all[i].old_value, i == 0 ? Value("a text that is not short") : all[i - 1].value);
    }
  });
}

// A program may wait in the middle of a batch, and look at the rest afterwards.
TEST(PatternSubscription, ABatchIsCompleteWhateverArrivesMeanwhile) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto topic = bus.topic<int>("s/a");
    PatternSubscription watch = bus.watch("s/*", Mode::every);
    TransitionBatch batch = co_await watch.batch();
    for (const AnyTransitionView& mark : batch) EXPECT_TRUE(mark.end_of_snapshot);
    for (int i = 1; i <= 3; ++i) topic.post(i);
    co_await sim::settle();
    std::int64_t expected = 1;
    batch = co_await watch.batch();
    for (const AnyTransitionView& transition : batch) {
      EXPECT_EQ(transition.value, Value(expected));
      ++expected;
      topic.post(10);
      topic.post(11);
      co_await sim::settle();
    }
    EXPECT_EQ(expected, 4);  // what came later is of the next batch
    world.start_broker();
    batch = co_await watch.batch();
    for (const AnyTransitionView& transition : batch) {
      EXPECT_EQ(transition.value, Value(10));
      break;
    }
  });
}

TEST(PatternSubscription, AnEmptyMatchHasAMarkToo) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    PatternSubscription watch = bus.watch("**");
    const AnyTransition first = co_await watch.next();
    EXPECT_TRUE(first.end_of_snapshot);
    PatternSubscription plain = bus.watch("never/set");
    const AnyTransition mark = co_await plain.next();
    EXPECT_TRUE(mark.end_of_snapshot);
  });
}

TEST(PatternSubscription, GoesOnAfterACutALostSessionAndARestart) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen", session_timeout(2s));
    auto a = robot.topic<int>("s/a");
    auto b = robot.topic<int>("s/b");
    co_await a.set(1);
    co_await b.set(1);
    PatternSubscription watch = screen.watch("s/*");
    for (int i = 0; i < 3; ++i) co_await watch.next();

    world.network().cut("screen", 1s);  // resumed
    co_await a.set(2);
    AnyTransition transition = co_await watch.next();
    EXPECT_EQ(transition.value, Value(2));
    EXPECT_EQ(transition.old_value, Value(1));
    EXPECT_EQ(transition.skipped, 0u);

    world.network().cut("screen", 10s);  // the session is lost; only what changed is sent
    co_await a.set(3);
    co_await a.set(4);
    transition = co_await watch.next();
    EXPECT_EQ(transition.value, Value(4));
    EXPECT_EQ(transition.old_value, Value(2));
    EXPECT_EQ(transition.skipped, 1u);
    EXPECT_FALSE(watch.try_next());

    world.start_broker();  // without both topics
    std::vector<std::string> gone;
    for (int i = 0; i < 2; ++i) {
      transition = co_await watch.next();
      EXPECT_TRUE(transition.value.is_null());
      EXPECT_EQ(transition.version.number, 0u);
      gone.push_back(transition.topic);
    }
    EXPECT_THAT(gone, UnorderedElementsAre("s/a", "s/b"));
    co_await a.set(9);
    transition = co_await watch.next();
    EXPECT_EQ(transition.value, Value(9));
    EXPECT_TRUE(transition.old_value.is_null());
  });
}

// The topic was lost with one broker, set again, and lost with the next one, before the reader reconnected.
TEST(PatternSubscription, ATopicThatStaysUnsetIsNotReported) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    PatternSubscription watch = screen.watch("s/*");
    co_await watch.next();
    co_await robot.topic<int>("s/a").set(1);
    AnyTransition transition = co_await watch.next();
    world.start_broker();
    transition = co_await watch.next();
    EXPECT_TRUE(transition.value.is_null());
    co_await robot.topic<int>("s/a").set(2);
    co_await sim::settle();
    world.start_broker();
    co_await robot.connection().wait_equal(ConnectionState::lost);
    co_await robot.connection().wait_equal(ConnectionState::connected);
    co_await sleep(5s);
    co_await robot.topic<int>("s/b").set(3);
    transition = co_await watch.next();
    EXPECT_EQ(transition.topic, "s/b");
    EXPECT_EQ(transition.value, Value(3));
  });
}

TEST(PatternSubscription, ASlowReaderGetsTheNewestOfEachTopicAndTheCountsAddUp) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    PatternSubscription watch = screen.watch("s/*");
    co_await watch.next();
    for (int i = 1; i <= 200; ++i) co_await robot.topic<int>("s/" + std::to_string(i % 4)).set(i);
    co_await sim::settle();
    std::uint64_t yielded = 0;
    std::uint64_t skipped = 0;
    while (const auto transition = watch.try_next()) {
      ++yielded;
      skipped += transition->version.number - 1;  // the first transition of each topic: counts those before it
      EXPECT_GT(*transition->value.get_if<std::int64_t>(), 196);
    }
    EXPECT_EQ(yielded, 4u);
    EXPECT_EQ(skipped + yielded, 200u);
    const SubscriptionStatistics counts = watch.statistics();
    EXPECT_EQ(counts.received, counts.taken + counts.conflated + counts.pending);
    EXPECT_EQ(counts.pending, 0u);
  });
}

TEST(PatternSubscription, OneBeyondTheLimitIsRefusedByNext) {
  Limits limits;
  limits.subscriptions_per_session_max = 2;
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus bus = co_await world.connect(nursery, "a");
        PatternSubscription one = bus.watch("a/*");
        PatternSubscription two = bus.watch("b/*");
        PatternSubscription three = bus.watch("c/*");
        co_await one.next();
        co_await two.next();
        ErrorCode code{};
        try {
          co_await three.next();
        } catch (const Error& error) {
          code = error.code();
        }
        EXPECT_EQ(code, ErrorCode::limit_exceeded);
      },
      limits);
}

}  // namespace
}  // namespace hoiku
