// simulation.hpp: a bus with its broker, clients and network, in one thread and in virtual time. The client and the broker
// are the real ones; only the network and the clock are not.
//
// Promises   seconds pass in no time and exactly; the same seed gives the same run, whatever machine it is on.
// Limits     a simulation that has not ended after `time_limit` of virtual time has failed: sessions send heartbeats, so a
//            test that waits in vain is never a deadlock. The failure says who is parked where.
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

namespace hoiku::sim {

class Simulation {
 public:
  explicit Simulation(Seed seed);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // As Bus::connect. The name is also that of the client's place in the network: network().cut("screen", 5s).
  template <hoiku::detail::ConnectOption... Options>
  Task<Bus> connect(Nursery& nursery, ClientName name, Options... options) {
    return Bus::connect(nursery, network().connector(name.value()), name, fixed_session_token(draw_token()),
                        std::move(options)...);
  }

  Network& network();
  BrokerStatistics broker_statistics() const;  // all zero while it is down
  // kill -9, and a new one that knows nothing: at once, or after a time in which connections are refused.
  void restart_broker(Duration down_for = Duration::zero());

  // Runs `body` with the network and the broker around it. Once; simulate() does this.
  Task<> run(const std::function<Task<>()>& body, Duration time_limit);

 private:
  struct Impl;
  std::array<std::uint8_t, 16> draw_token();
  std::unique_ptr<Impl> impl_;
};

// One test. Its result is an exit status: 0, or 1 with each leaf of the error (and the seed) on stderr.
int simulate(const std::function<Task<>(Simulation&)>& test, std::optional<Seed> seed = {},
             Duration time_limit = std::chrono::hours(1));
// The same for test frameworks: throws what the test threw.
void simulate_or_throw(const std::function<Task<>(Simulation&)>& test, std::optional<Seed> seed = {},
                       Duration time_limit = std::chrono::hours(1));

}  // namespace hoiku::sim
