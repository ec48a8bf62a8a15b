// The promises to readers, over a network that is cut and restored.
#include "tests/sim/sim_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// A reader that was cut off needs the latest value, not the transitions on the way to it.
SIM_TEST(LateReader, GetsTheNewestValueWhenTheLinkReturns, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus screen = co_await bus.connect(nursery, client_name("screen"));
  const auto start = now();
  co_await robot.topic<int>("battery").set(80);
  bus.network().cut("screen", 5s);
  co_await robot.topic<int>("battery").set(79);

  const int seen = co_await screen.topic<int>("battery").wait_value(value < 80);

  EXPECT_EQ(seen, 79);
  EXPECT_EQ(now() - start, 5s);  // virtual and exact: a link has no delay unless a test gives it one
}

SIM_TEST(LateReader, IsNotToldTheStory, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus screen = co_await bus.connect(nursery, client_name("screen"));
  auto battery = robot.topic<int>("battery");
  co_await battery.set(100);
  auto shown = screen.topic<int>("battery").eventual_values();
  const int first = co_await shown.next();
  EXPECT_EQ(first, 100);
  bus.network().cut("screen", 1s);
  for (int level = 99; level >= 50; --level) co_await battery.set(level);

  const int next = co_await shown.next();

  EXPECT_EQ(next, 50);
  // The reader has one slot: the other 49 values were never sent to it.
  EXPECT_EQ(bus.broker_statistics().conflated, 49u);
}

SIM_TEST(SnapshotRace, AWriteWhileSubscribingIsSeenOnceAndInOrder, bus, nursery) {
  bus.network().delay_all(1ms, 10ms);
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus screen = co_await bus.connect(nursery, client_name("screen"));
  nursery.start_soon(
      [](Bus writer) -> Task<> {
        for (int i = 1; i <= 100; ++i) co_await writer.topic<int>("sensor/" + std::to_string(i % 3)).set(i);
      },
      robot);

  // Each reader subscribes at another moment; each gets the current state, the mark, and then everything newer.
  for (int round = 0; round < 10; ++round) {
    PatternSubscription sensors(screen.watch("sensor/*"));
    std::map<std::string, std::uint64_t> versions;
    bool marked = false;
    while (!marked || versions.size() < 3) {
      const AnyTransition transition = co_await sensors.next();
      if (transition.end_of_snapshot) {
        EXPECT_FALSE(marked);
        marked = true;
        continue;
      }
      EXPECT_GT(transition.version.number, versions[transition.topic]);
      versions[transition.topic] = transition.version.number;
    }
    co_await sleep(30ms);
  }
}

SIM_TEST(Snapshot, OfAPatternThatMatchesNothingHasItsMarkAndThenWhatIsCreated, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus screen = co_await bus.connect(nursery, client_name("screen"));
  PatternSubscription lamps(screen.watch("lamp/**"));
  const AnyTransition mark = co_await lamps.next();
  EXPECT_TRUE(mark.end_of_snapshot);
  co_await robot.topic<bool>("lamp/kitchen").set(true);
  const AnyTransition made = co_await lamps.next();
  EXPECT_EQ(made.topic, "lamp/kitchen");
  EXPECT_EQ(made.value, Value(true));
  EXPECT_EQ(made.version.number, 1u);
}

SIM_TEST(Composite, ShowsOnlyStatesThatExistedAtOneRevision, bus, nursery) {
  bus.network().delay_all(0ms, 8ms);
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus screen = co_await bus.connect(nursery, client_name("screen"));
  auto left = robot.topic<int>("left");
  auto right = robot.topic<int>("right");
  // At every revision the two differ by at most one, and the right one is never ahead.
  nursery.start_soon(
      [](Topic<int> a, Topic<int> b) -> Task<> {
        for (int i = 0; i <= 60; ++i) {
          co_await a.set(i);
          co_await b.set(i);
          if (i % 7 == 0) co_await sleep(5ms);
        }
      },
      left, right);
  nursery.start_soon(
      [](sim::Simulation& world) -> Task<> {
        for (int i = 0; i < 5; ++i) {
          co_await sleep(50ms);
          world.network().cut("screen", 20ms);
        }
      },
      std::ref(bus));

  auto both = compose_values(screen.topic<int>("left"), screen.topic<int>("right"));
  auto pairs = both.eventual_values();
  int last = -1;
  while (last < 60) {
    auto [l, r] = co_await pairs.next();
    EXPECT_LE(l - r, 1);
    EXPECT_GE(l - r, 0);
    EXPECT_GE(r, last);
    last = r;
  }
}

SIM_TEST(SlowReader, DelaysNobodyAndGetsTheLastValue, bus, nursery) {
  bus.network().capacity(2);
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus quick = co_await bus.connect(nursery, client_name("quick"));
  Bus slow = co_await bus.connect(nursery, client_name("slow"));
  bus.network().delay("slow", 500ms, 500ms);
  auto seen_slowly = slow.topic<int>("level").eventual_values();
  auto seen_quickly = quick.topic<int>("level").eventual_values();
  co_await robot.topic<int>("level").set(0);
  co_await seen_quickly.next();
  const auto start = now();
  for (int i = 1; i <= 1000; ++i) {
    co_await robot.topic<int>("level").set(i);
    const int seen = co_await seen_quickly.next();
    EXPECT_EQ(seen, i);
  }
  EXPECT_EQ(now(), start);  // neither the writer nor the quick reader waited for the slow one
  int last = -1;
  int values = 0;
  while (last < 1000) {
    last = co_await seen_slowly.next();
    ++values;
  }
  EXPECT_LT(values, 50);
}

}  // namespace
}  // namespace hoiku
