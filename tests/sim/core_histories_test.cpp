// Random histories of the core alone, at the level of frames, over a network that delays, cuts and fills; the model
// judges them.
#include <gtest/gtest.h>

#include "hoiku/testing/network.hpp"
#include "tests/sim/judge/frame_digest.hpp"
#include "tests/sim/judge/witness.hpp"
#include "tests/sim/players/core_host.hpp"
#include "tests/sim/players/frame_client.hpp"
#include "tests/sim/players/weather.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/sim/steps.hpp"

namespace hoiku::model {
namespace {

using namespace std::chrono_literals;

// Every other history has short histories of topics and little credit; two of three have short turns. Every fifth one
// soon forgets removed topics. Every fourth one has small values, frames, windows and pages.
Limits limits_of(std::uint64_t seed) {
  Limits limits;
  if (seed % 2 == 0) limits.history_transitions_max = 1 + seed / 2 % 5;
  if (seed % 4 == 0) limits.credit_transitions = 1 + seed / 4 % 7;
  if (seed % 8 == 0 || seed % 4 == 2) limits.window_batches = 1 + seed / 8 % 3;
  if (seed % 3 != 0) limits.turn_steps_max = 3 + seed / 3 % 6;
  if (seed % 5 == 3) limits.removed_topics_max = seed / 5 % 3;
  if (seed % 4 != 1) return limits;
  limits.value_bytes_max = 300;
  limits.frame_bytes_max = 2 * limits.value_bytes_max + 4096;
  limits.unacknowledged_bytes_max = 400 + seed / 4 % 3 * 400;
  if (seed % 8 == 1) limits.list_bytes_max = 500;
  if (seed % 8 == 5) limits.list_rows_max = 1 + seed / 8 % 4;
  return limits;
}

// Every third history keeps as little as it can.
broker::Capacities capacities_of(std::uint64_t seed) {
  if (seed % 3 != 1) return {};
  return {.filter_results = 1,
          .filter_message_types = 1,
          .refused_peers = 1,
          .events = 1,
          .share_steps = 2,
          .page_steps = 1};
}

// Runs one history: the clients act and the network misbehaves, then all is quiet, then all clients leave.
class History {
 public:
  explicit History(std::uint64_t seed)
      : grain_(grain_of(seed)),
        dice_(seed, grain_),
        network_(sim::seed(dice_.number())),
        limits_(limits_of(seed)),
        capacities_(capacities_of(seed)),
        witness_(story(), limits_) {
    if (seed % 7 == 6) pauses_.emplace(seed, grain_);
    network_.observe(&digest_);
    settle_the_climate(network_, dice_);
  }

  Task<> run() {
    co_await open_nursery([this](Nursery& nursery) -> Task<> {
      nursery.start_soon([this] { return network_.run(); });
      nursery.start_soon([this] { return serve(); });
      for (std::size_t left = 2 + dice_.below(clients_max - 1); left > 0; --left) {
        const std::string name = "client-" + std::to_string(clients_.size());
        Dice dice(dice_.number(), grain_);
        if (limits_.value_bytes_max < Limits{}.value_bytes_max) dice.limit_values(limits_.value_bytes_max);
        clients_.push_back(std::make_unique<FrameClient>(network_.connector(name), name, std::move(dice), 500ms));
        if (witness_.past().model().forgets()) clients_.back()->expect_forgetting();
      }
      is_restless_ = true;
      while (steps() < steps_min) {
        co_await open_nursery([this](Nursery& lives) -> Task<> {
          for (const auto& client : clients_) lives.start_soon([each = client.get()] { return each->live(4s); });
          lives.start_soon([this] { return misbehave(); });
          co_return;
        });
      }
      is_restless_ = false;
      co_await for_all([](FrameClient& client) { return client.listen(3s); });
      // With little credit a reader of many topics takes longer.
      for (int seconds = 0; seconds < 60 && !witness_.is_quiet_for(100ms); ++seconds)
        co_await for_all([](FrameClient& client) { return client.listen(1s); });
      witness_.check_at_rest();
      co_await sleep(1ns);  // lets everything of this instant end
      EXPECT_EQ(core_->statistics().waits, witness_.waits_at_rest());
      co_await for_all([](FrameClient& client) { return client.say_goodbye(); });
      co_await sleep(1s);
      check_empty();
      nursery.cancel_scope().cancel();
    });
  }

  std::vector<std::string> complaints() const {
    std::vector<std::string> all = witness_.complaints();
    for (const auto& client : clients_) all.insert(all.end(), client->complaints().begin(), client->complaints().end());
    return all;
  }
  const Witness& witness() const { return witness_; }
  const FrameDigest& digest() const { return digest_; }
  std::uint64_t steps() const {
    std::uint64_t all = witness_.steps();
    for (const auto& client : clients_) all += client->commands();
    return all;
  }

 private:
  Task<> serve() {
    for (;;) {
      broker::CoreOptions options;
      options.limits = limits_;
      options.capacities = capacities_;
      options.instance_id = dice_.number();
      options.epoch_seed = dice_.number();
      core_ = std::make_unique<broker::Core>(options);
      auto link = network_.listen();
      CancelScope killed;
      killed_ = &killed;
      const HostHooks hooks{[this](const broker::Record& made) { tell_witness(made); },
                            [this] { return before_turn(); }, [this] { witness_.late_turn_ends(); }};
      co_await killed.run([&] { return host(*core_, *link, hooks); });
      killed_ = nullptr;
      co_await sleep(down_for_);
    }
  }

  void tell_witness(const broker::Record& made) {
    std::vector<Transition> record;
    for (const broker::State& state : made.transitions) record.push_back(*state->transition());
    witness_.broker_committed(record);
  }

  // In some histories the broker stops now and then, while its input waits and what is due passes.
  Task<> before_turn() {
    if (!pauses_ || !is_restless_ || !pauses_->chance(1)) co_return;
    witness_.broker_pauses();
    co_await sleep(pauses_->between(0ms, pauses_->chance(50) ? 2ms : 150ms));
    witness_.late_turn_begins();
  }

  Task<> misbehave() {
    const TimePoint end = now() + 3500ms;
    while (now() < end) {
      co_await sleep(dice_.between(0ms, 600ms));
      if (!killed_ || !dice_.chance(8)) {
        disturb(network_, dice_);
        continue;
      }
      down_for_ = dice_.between(0ms, 200ms);
      network_.kill_broker();
      killed_->cancel();
    }
  }

  template <class F>
  Task<> for_all(F what) {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      for (const auto& client : clients_) nursery.start_soon([&what, each = client.get()] { return what(*each); });
      co_return;
    });
  }

  void check_empty() {
    const broker::Statistics left = core_->statistics();
    EXPECT_EQ(left.sessions, 0u);
    EXPECT_EQ(left.subscriptions, 0u);
    EXPECT_EQ(left.waits, 0u);
    EXPECT_EQ(left.predicates, 0u);
    EXPECT_EQ(left.leases, 0u);
    EXPECT_EQ(left.kept_frames, 0u);
  }

  Duration grain_;
  Dice dice_;
  sim::Network network_;
  Limits limits_;
  broker::Capacities capacities_;
  Witness witness_;
  FrameDigest digest_{witness_};
  std::unique_ptr<broker::Core> core_;
  std::vector<std::unique_ptr<FrameClient>> clients_;
  CancelScope* killed_ = nullptr;
  Duration down_for_{};
  std::optional<Dice> pauses_;
  bool is_restless_ = false;
};

// Where the broker has forgotten removed topics, a reader of every transition keeps its cursor in those that exist; and
// one that was not sent a removed topic yet has one slot for it when it is back. In 1569 the last session that declares
// an unset topic expires at the instant at which the topic is set; in 1252 one expires in a pause of the broker, and
// another one takes its declaration back when that is over; in 2713 a reader with little credit takes long; in
// 1773 a client asks for what came after a version that only a reader which had left was sent; in 4629 a client is back
// at the instant at which its session, which has declared a topic, expires; in 517 and 2673 the broker pauses at the
// instant at which a wait matches, or is armed with a hold that is complete already; in 1658 a reader that comes back
// is sent topics anew, since its snapshot has become a whole one.
const std::vector<std::uint64_t> telling{438, 517, 663, 913, 1252, 1569, 1658, 1773, 2673, 2713, 4629};

TEST(CoreHistories, KeepThePromisesOfTheModel) {
  std::uint64_t checked = 0;
  StepCount steps;
  for (const std::uint64_t seed : seeds_of_histories(telling)) {
    History history(seed);
    SCOPED_TRACE("HOIKU_SEED=" + std::to_string(seed));
    sim::run_virtual_or_throw([&] { return history.run(); }, sim::seed(seed));
    for (const std::string& complaint : history.complaints()) ADD_FAILURE() << complaint;
    checked += history.witness().checked();
    steps.add(history.steps());
    history.digest().print(seed);
    if (HasFailure()) return print_replay(seed, "core_histories");
  }
  EXPECT_GE(steps.fewest(), steps_min);
  steps.print(checked);
}

}  // namespace
}  // namespace hoiku::model
