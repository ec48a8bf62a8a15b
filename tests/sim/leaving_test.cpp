// After any number of connects, subscribes and cancels the broker counts zero.
#include <gtest/gtest.h>

#include "tests/sim/players/dice.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/sim/sim_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using model::Dice;

// A client that connects, asks for several things at once, and is cancelled at a random moment.
Task<> come_and_go(sim::Simulation& world, std::string name, Dice dice) {
  co_await move_on_after(dice.between(0ms, 120ms), [&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      Bus bus = co_await world.connect(nursery, client_name(name), session_timeout(500ms));
      for (std::size_t left = dice.below(4); left > 0; --left) {
        const std::string topic = dice.topic();
        const auto predicate = dice.predicate(topic);
        nursery.start_soon(
            [](Bus mine, std::string of, std::optional<Predicate> p, Duration limit) -> Task<> {
              co_await move_on_after(limit, [&]() -> Task<> {
                if (p) co_await mine.topic<Value>(of).wait_value(*p);
                auto values = mine.topic<Value>(of).eventual_values();
                for (;;) co_await values.next();
              });
            },
            bus, topic, predicate, dice.between(0ms, 100ms));
        nursery.start_soon(
            [](Bus mine, std::string pattern) -> Task<> {
              PatternSubscription all(mine.watch(pattern));
              for (;;) co_await all.next();
            },
            bus, dice.pattern());
        co_await bus.topic<Value>(topic).set(dice.value(topic));
        co_await sleep(dice.between(0ms, 20ms));
      }
      if (dice.chance(50)) nursery.cancel_scope().cancel();
      if (dice.chance(5)) world.network().cut(name, dice.between(0ms, 1s));
    });
  });
}

TEST(Leaving, TenThousandConnectsSubscribesAndCancelsLeaveNothingAtTheBroker) {
  const std::uint64_t seed = model::number_from_environment("HOIKU_SEED").value_or(1);
  SCOPED_TRACE("HOIKU_SEED=" + std::to_string(seed));
  std::uint64_t connections = 0;
  sim::simulate_or_throw(
      [&](sim::Simulation& world) -> Task<> {
        world.network().delay_all(0ms, 3ms);
        for (int round = 0; round < 600; ++round) {
          co_await open_nursery([&](Nursery& nursery) -> Task<> {
            for (int i = 0; i < 20; ++i) {
              const auto number = static_cast<std::uint64_t>(round * 20 + i);
              nursery.start_soon(come_and_go, std::ref(world), "client-" + std::to_string(i),
                                 Dice(seed * 100'000 + number));
            }
            co_return;
          });
        }
        co_await sleep(600ms);  // the sessions of clients that left during a cut expire
        const BrokerStatistics left = world.broker_statistics();
        EXPECT_EQ(left.sessions, 0u);
        EXPECT_EQ(left.subscriptions, 0u);
        EXPECT_EQ(left.waits, 0u);
        EXPECT_EQ(left.predicates, 0u);
        EXPECT_EQ(left.kept_frames, 0u);
        EXPECT_LE(left.topics, Dice::topics().size());  // the topics that have a value
        connections = world.network().statistics().connections;
      },
      sim::seed(seed));
  EXPECT_GE(connections, 10'000u);  // some of the 12,000 clients live too short for one
}

}  // namespace
}  // namespace hoiku
