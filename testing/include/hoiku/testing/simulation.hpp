// simulation.hpp: a bus with its broker, clients and network, in one thread and in virtual time. Clients and broker are
// the real ones; only the network and the clock are simulated.
//
//   TEST(Screen, ShowsTheLatestValueAfterACut) {
//     sim::simulate_or_throw([](sim::Simulation& sim) -> Task<> {
//       co_await open_nursery([&](Nursery& nursery) -> Task<> {
//         const Bus screen = co_await sim.connect(nursery, client_name("screen"));
//         sim.network().cut("screen", 5s);
//         ...
//       });
//     });
//   }
//
// Promises   Seconds pass in no time, and exactly. The same seed gives the same run on every machine.
// Errors     A simulation that has not ended after `time_limit` of virtual time fails, and says what each task waits
//            for. (Sessions send heartbeats, so a test that waits in vain is never a deadlock.)
// Thread     the caller's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "hoiku/broker.hpp"
#include "hoiku/hoiku.hpp"
#include "hoiku/testing/network.hpp"
#include "hoiku/testing/virtual_time.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace sim {

class Simulation {
 public:
  // The broker, and each one after a restart, has these limits.
  explicit Simulation(Seed seed, const Limits& limits = {});
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Connects a client, as Bus::connect does. The network knows it by the same name: network().cut("screen", 5s).
  template <hoiku::detail::ConnectOption... Options>
  Task<Bus> connect(Nursery& nursery, ClientName name, Options... options) {
    return Bus::connect(nursery, network().connector(name.value()), name, fixed_session_token(draw_token()),
                        std::move(options)...);
  }

  Network& network();
  // Returns the broker's counts; all zero while it is down.
  BrokerStatistics broker_statistics() const;
  // Kills the broker, as kill -9 does, and starts a new one, which knows nothing: at once, or after `down_for`, in
  // which connections are refused. A negative time is a std::invalid_argument.
  void restart_broker(Duration down_for = Duration::zero());

  // Runs `body` with the network and the broker around it, once. simulate() does this.
  Task<> run(const std::function<Task<>()>& body, Duration time_limit);

 private:
  struct Impl;
  std::array<std::uint8_t, 16> draw_token();
  std::unique_ptr<Impl> impl_;
};

// Runs one test, from an ordinary function. Returns an exit status: 0, or 1 after an error, each leaf of which is
// printed on stderr, with the seed. Without a seed, the order of tasks is FIFO. `limits` are the broker's.
int simulate(const std::function<Task<>(Simulation&)>& test, std::optional<Seed> seed = {},
             Duration time_limit = std::chrono::hours(1), const Limits& limits = {});
// Runs one test as simulate() does, but throws what the test threw: for test frameworks.
void simulate_or_throw(const std::function<Task<>(Simulation&)>& test, std::optional<Seed> seed = {},
                       Duration time_limit = std::chrono::hours(1), const Limits& limits = {});

}  // namespace sim
}  // namespace hoiku
