#include "hoiku/testing/simulation.hpp"

#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "broker/embedded/public_statistics.hpp"
#include "broker/server/server.hpp"
#include "broker/store/memory_store.hpp"
#include "hoiku/async/detail/runtime.hpp"

namespace hoiku::sim {
namespace {

// The calendar time at which every simulation begins, so that dates are the same in every run.
const WallTime first_day{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

// Tells the network's observer each commit. The network outlives it.
class ObservedStore final : public broker::Store {
 public:
  explicit ObservedStore(const Network& network) : network_(network) {}
  void append(std::vector<broker::Record> records) override {
    for (const broker::Record& record : records) tell(record);
    store_.append(std::move(records));
  }
  std::optional<broker::StoreEvent> poll() override { return store_.poll(); }
  void on_event(std::function<void()> wake) override { store_.on_event(std::move(wake)); }

 private:
  void tell(const broker::Record& record) const {
    if (network_.observer() == nullptr) return;
    std::vector<Transition> transitions;
    for (const broker::State& state : record.transitions) transitions.push_back(*state->transition());
    network_.observer()->broker_committed(transitions);
  }

  const Network& network_;
  broker::MemoryStore store_;
};

}  // namespace

struct Simulation::Impl {
  Impl(Seed seed, const Limits& broker_limits) : random(seed.number()), limits(broker_limits), network(Seed(random())) {
    start_broker();
  }

  void start_broker() {
    broker::ServerOptions options;
    options.core.instance_id = random();
    options.core.epoch_seed = random();
    options.core.limits = limits;
    options.wall_time = [this] {
      return first_day + std::chrono::duration_cast<std::chrono::microseconds>(now() - begin);
    };
    broker = std::make_shared<broker::Server>(std::move(options), network.listen(),
                                              std::make_unique<ObservedStore>(network));
  }

  Task<> serve() {
    for (;;) {
      while (!broker && now() < back_at) co_await move_on_at(back_at, restarted.wait());
      if (!broker) start_broker();
      // Keeps a broker that a restart replaces until its task has ended.
      const std::shared_ptr<broker::Server> serving = broker;
      CancelScope scope;
      serving_scope = &scope;
      co_await scope.run([&]() -> Task<> { co_await serving->serve(); });
      serving_scope = nullptr;
    }
  }

  std::mt19937_64 random;
  Limits limits;
  TimePoint begin{};
  Network network;
  std::shared_ptr<broker::Server> broker;  // null while it is down
  CancelScope* serving_scope = nullptr;
  TimePoint back_at{};
  Signal restarted;
};

Simulation::Simulation(Seed seed, const Limits& limits) : impl_(std::make_unique<Impl>(seed, limits)) {}
Simulation::~Simulation() = default;

Network& Simulation::network() { return impl_->network; }

BrokerStatistics Simulation::broker_statistics() const {
  return impl_->broker ? broker::public_statistics(impl_->broker->statistics()) : BrokerStatistics();
}

void Simulation::restart_broker(Duration down_for) {
  if (down_for < Duration::zero()) throw std::invalid_argument("restart_broker: a time must not be negative");
  impl_->network.kill_broker();
  impl_->broker.reset();
  impl_->back_at = now() + down_for;
  if (down_for == Duration::zero()) impl_->start_broker();
  impl_->restarted.notify();
  if (impl_->serving_scope) impl_->serving_scope->cancel("the broker is killed");
}

std::array<std::uint8_t, 16> Simulation::draw_token() {
  std::array<std::uint8_t, 16> token;
  for (auto& byte : token) byte = static_cast<std::uint8_t>(impl_->random());
  return token;
}

Task<> Simulation::run(const std::function<Task<>()>& body, Duration time_limit) {
  impl_->begin = now();
  auto run_all = [&](Nursery& nursery) -> Task<> {
    nursery.start_soon([this] { return impl_->network.run(); });
    nursery.start_soon([this] { return impl_->serve(); });
    nursery.start_soon([time_limit]() -> Task<> {
      co_await sleep(time_limit);
      throw std::runtime_error("the simulation has not ended after " +
                               std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time_limit).count()) +
                               " s of virtual time\n" + hoiku::detail::Runtime::require("simulate").describe_tasks());
    });
    co_await body();
    nursery.cancel_scope().cancel("the test has ended");
  };
  co_await open_nursery(run_all);
}

namespace {

Task<> run_simulation(const std::function<Task<>(Simulation&)>& test, Seed seed, Duration time_limit,
                      const Limits& limits) {
  Simulation simulation(seed, limits);
  co_await simulation.run([&] { return test(simulation); }, time_limit);
}

}  // namespace

int simulate(const std::function<Task<>(Simulation&)>& test, std::optional<Seed> seed, Duration time_limit,
             const Limits& limits) {
  return run_virtual([&] { return run_simulation(test, seed.value_or(Seed(0)), time_limit, limits); }, seed);
}

void simulate_or_throw(const std::function<Task<>(Simulation&)>& test, std::optional<Seed> seed, Duration time_limit,
                       const Limits& limits) {
  run_virtual_or_throw([&] { return run_simulation(test, seed.value_or(Seed(0)), time_limit, limits); }, seed);
}

}  // namespace hoiku::sim
