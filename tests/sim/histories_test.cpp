// Whole histories of the bus under a seed: real clients, the real broker, a network that delays and cuts, a broker that
// is killed; judged by the model at the broker's end, and by what the clients see at theirs.
#include <gtest/gtest.h>

#include <cstdio>
#include <deque>

#include "tests/sim/bus_client.hpp"
#include "tests/sim/seeds.hpp"

namespace hoiku::model {
namespace {

using namespace std::chrono_literals;

class BusHistory {
 public:
  explicit BusHistory(std::uint64_t seed) : grain_(grain_of(seed)), dice_(seed, grain_), witness_(story()) {}

  Task<> run(sim::Simulation& world) {
    world.network().observe(&witness_);
    if (dice_.chance(60)) world.network().delay_all(0ms, dice_.between(0ms, 30ms));
    if (dice_.chance(20)) world.network().capacity(2 + dice_.below(4));
    const TimePoint quiet = now() + 4s;
    // The longest cut, the longest pause before another attempt to connect, and some.
    const TimePoint rest = quiet + 6s;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      for (std::size_t i = 0; i < 2 + dice_.below(3); ++i) {
        clients_.emplace_back(world, witness_, "client-" + std::to_string(i), Dice(dice_.number(), grain_));
        nursery.start_soon([client = &clients_.back(), quiet, rest] { return client->live(quiet, rest + 1ms); });
      }
      co_await misbehave(world, quiet);
      co_await sleep_until(rest);
      witness_.check_at_rest();
      for (BusClient& client : clients_) client.check_at_rest();
    });
    // Their goodbyes have crossed the network before their nurseries ended.
    const sim::BrokerStatistics left = world.broker_statistics();
    EXPECT_EQ(left.sessions, 0u);
    EXPECT_EQ(left.subscriptions, 0u);
    EXPECT_EQ(left.waits, 0u);
    EXPECT_EQ(left.predicates, 0u);
    EXPECT_EQ(left.kept_frames, 0u);
    world.network().observe(nullptr);
  }

  std::vector<std::string> complaints() const {
    std::vector<std::string> all = witness_.complaints();
    for (const BusClient& client : clients_)
      all.insert(all.end(), client.complaints().begin(), client.complaints().end());
    return all;
  }
  const Witness& witness() const { return witness_; }

 private:
  Task<> misbehave(sim::Simulation& world, TimePoint until) {
    for (;;) {
      co_await sleep(dice_.between(0ms, 700ms));
      if (now() >= until) co_return;
      if (dice_.chance(65)) {
        // Some are shorter than the session's timeout, some longer.
        world.network().cut("client-" + std::to_string(dice_.below(4)),
                            dice_.between(0ms, dice_.chance(70) ? 300ms : 900ms));
      } else if (dice_.chance(15)) {
        world.network().cut_all(dice_.between(0ms, 400ms));
      } else if (dice_.chance(20)) {
        world.restart_broker(dice_.chance(50) ? Duration::zero() : dice_.between(0ms, 300ms));
      }
    }
  }

  Duration grain_;
  Dice dice_;
  Witness witness_;
  std::deque<BusClient> clients_;
};

TEST(Histories, KeepThePromises) {
  std::uint64_t checked = 0;
  for (const std::uint64_t seed : seeds_of_histories()) {
    SCOPED_TRACE("HOIKU_SEED=" + std::to_string(seed));
    BusHistory history(seed);
    sim::simulate_or_throw([&](sim::Simulation& world) { return history.run(world); }, sim::seed(seed));
    for (const std::string& complaint : history.complaints()) ADD_FAILURE() << complaint;
    checked += history.witness().checked();
    if (HasFailure()) return print_replay(seed, "histories");
  }
  std::printf("%llu deliveries and answers were checked\n", static_cast<unsigned long long>(checked));
}

}  // namespace
}  // namespace hoiku::model
