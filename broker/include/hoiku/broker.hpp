// broker.hpp: a broker inside of your process, for a program whose parts talk to each other over a bus and to nobody else, or
// for tests in real time. It keeps all that hoikud promises; it is the same one.
//
//     const Broker broker(nursery, "inproc://robot");
//     Bus bus = co_await Bus::connect(nursery, "inproc://robot");
//
// Lifetime   it serves from the end of this tick until its nursery ends, however that comes. Then the Buses of that nursery
//            say goodbye first, and who is still connected after a second is told that the broker is ending.
// Thread     one loop serves it: the one that it was made on. Clients may be on loops of other threads, over inproc too.
// Errors     the constructor throws Error(invalid_argument) for an endpoint that makes no sense or that other machines can
//            reach (that is hoikud's business), and for limits that contradict one another; and Error(unavailable), with
//            the reason, where it can't be had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hoiku/async/nursery.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku {

// What a broker holds.
struct BrokerStatistics {
  std::size_t topics = 0;
  std::size_t sessions = 0;
  std::size_t subscriptions = 0;
  std::size_t waits = 0;
  std::size_t predicates = 0;   // distinct ones that are being evaluated
  std::size_t kept_frames = 0;  // not acknowledged by their clients
  std::uint64_t commits = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t conflated = 0;
};

// A cheap handle: what serves belongs to the nursery.
class Broker {
 public:
  // inproc://NAME, where NAME is yours to choose within the process; ipc://PATH or tcp://127.0.0.1:PORT, so that the inspector
  // can look in. One or several.
  Broker(Nursery& nursery, std::string endpoint, const Limits& limits = {});
  Broker(Nursery& nursery, std::vector<std::string> endpoints, const Limits& limits = {});

  // Where it listens, with the ports that the system chose.
  std::vector<std::string> endpoints() const;
  std::string endpoint() const { return endpoints().front(); }
  BrokerStatistics statistics() const;  // all zero once it has ended

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hoiku
