// Whole histories of the bus under a seed: real clients, the real broker, a network that delays and cuts, a broker that
// is killed. The model judges them at the broker's end, and the clients judge what they see at theirs.
#include <gmock/gmock.h>

#include <deque>

#include "tests/sim/deeds.hpp"
#include "tests/sim/judge/frame_digest.hpp"
#include "tests/sim/judge/witness.hpp"
#include "tests/sim/players/bus_client.hpp"
#include "tests/sim/players/weather.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/sim/steps.hpp"

namespace hoiku::model {
namespace {

using namespace std::chrono_literals;

// So many histories do everything that Deed names.
constexpr std::size_t histories_for_all_deeds = 25;

// Every third history has small values, frames, windows, pages and histories of topics.
Limits limits_of(std::uint64_t seed) {
  Limits limits;
  if (seed % 3 != 1) return limits;
  limits.value_bytes_max = 300;
  limits.frame_bytes_max = 2 * limits.value_bytes_max + 4096;
  limits.unacknowledged_bytes_max = 400 + seed / 3 % 3 * 400;
  limits.window_batches = 1 + seed / 3 % 5;
  if (seed % 2 == 0) limits.list_bytes_max = 500;
  if (seed % 2 == 1) limits.list_rows_max = 1 + seed / 3 % 4;
  if (seed % 4 == 0) limits.history_transitions_max = 2 + seed / 3 % 5;
  return limits;
}

class BusHistory {
 public:
  explicit BusHistory(std::uint64_t seed)
      : grain_(grain_of(seed)), dice_(seed, grain_), limits_(limits_of(seed)), witness_(story(), limits_) {}

  Task<> run(sim::Simulation& world) {
    world.network().observe(&digest_);
    settle_the_climate(world.network(), dice_);
    for (std::size_t left = 2 + dice_.below(clients_max - 1); left > 0; --left) {
      const std::string name = "client-" + std::to_string(clients_.size());
      Dice dice(dice_.number(), grain_);
      if (limits_.value_bytes_max < Limits{}.value_bytes_max) dice.limit_values(limits_.value_bytes_max);
      clients_.emplace_back(world, witness_.past(), name, std::move(dice));
    }
    // At the end of each season all clients leave. In the last one they stop writing before, and are asked what they
    // know.
    while (steps() < steps_min) co_await season(world, now() + 4s, Duration::zero());
    // Longer than the longest cut and the longest pause before another attempt to connect together.
    co_await season(world, now() + 4s, 6s);
    // All goodbyes have crossed the network before the nurseries ended.
    const BrokerStatistics left = world.broker_statistics();
    EXPECT_EQ(left.sessions, 0u);
    EXPECT_EQ(left.subscriptions, 0u);
    EXPECT_EQ(left.waits, 0u);
    EXPECT_EQ(left.predicates, 0u);
    EXPECT_EQ(left.leases, 0u);
    EXPECT_EQ(left.kept_frames, 0u);
    EXPECT_THAT(witness_.past().model().published_sessions(), testing::IsEmpty());
    world.network().observe(nullptr);
  }

  std::vector<std::string> complaints() const {
    std::vector<std::string> all = witness_.complaints();
    for (const BusClient& client : clients_)
      all.insert(all.end(), client.complaints().begin(), client.complaints().end());
    return all;
  }
  Deeds deeds() const {
    Deeds all;
    for (const BusClient& client : clients_) all.add(client.deeds());
    return all;
  }
  const Witness& witness() const { return witness_; }
  const Limits& limits() const { return limits_; }
  const FrameDigest& digest() const { return digest_; }
  std::uint64_t steps() const {
    std::uint64_t all = witness_.steps();
    for (const BusClient& client : clients_) all += client.acts();
    return all;
  }

 private:
  Task<> season(sim::Simulation& world, TimePoint quiet, Duration rest) {
    const TimePoint end = quiet + rest;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      for (BusClient& client : clients_)
        nursery.start_soon([&client, quiet, end] { return client.live(quiet, end + 1ms); });
      co_await misbehave(world, quiet);
      if (rest == Duration::zero()) co_return;
      co_await sleep_until(end);
      witness_.check_at_rest();
      std::size_t open = 0;
      for (BusClient& client : clients_) {
        client.check_at_rest();
        open += client.open_requests();
      }
      // The broker has what the clients have open, and nothing else.
      const BrokerStatistics held = world.broker_statistics();
      EXPECT_EQ(held.subscriptions + held.waits + held.leases, open);
    });
  }

  Task<> misbehave(sim::Simulation& world, TimePoint until) {
    for (;;) {
      co_await sleep(dice_.between(0ms, 700ms));
      if (now() >= until) co_return;
      if (dice_.chance(8)) {
        world.restart_broker(dice_.chance(50) ? Duration::zero() : dice_.between(0ms, 300ms));
      } else {
        disturb(world.network(), dice_);
      }
    }
  }

  Duration grain_;
  Dice dice_;
  Limits limits_;
  Witness witness_;
  FrameDigest digest_{witness_};
  std::deque<BusClient> clients_;
};

TEST(Histories, KeepThePromises) {
  std::uint64_t checked = 0;
  StepCount steps;
  Deeds deeds;
  // In 1496 a schema is asked for before anybody registers it; in 784 and 2656 a slow reader is sent the first state
  // of a topic when the history has lost those before; in 3736 a reader of every transition comes back to a new
  // topic, whose history has lost the first states.
  const auto seeds = seeds_of_histories({784, 1496, 2656, 3736});
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("HOIKU_SEED=" + std::to_string(seed));
    BusHistory history(seed);
    sim::simulate_or_throw([&](sim::Simulation& world) { return history.run(world); }, sim::seed(seed), 1h,
                           history.limits());
    for (const std::string& complaint : history.complaints()) ADD_FAILURE() << complaint;
    checked += history.witness().checked();
    steps.add(history.steps());
    deeds.add(history.deeds());
    history.digest().print(seed);
    if (HasFailure()) return print_replay(seed, "histories");
  }
  EXPECT_GE(steps.fewest(), steps_min);
  if (seeds.size() >= histories_for_all_deeds) {
    for (const std::string& name : deeds.missing()) ADD_FAILURE() << "no history did this: " << name;
  }
  if (number_from_environment("HOIKU_SIM_DEEDS")) std::printf("%s", deeds.describe().c_str());
  steps.print(checked);
}

}  // namespace
}  // namespace hoiku::model
