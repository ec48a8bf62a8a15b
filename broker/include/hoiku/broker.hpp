// broker.hpp: a broker inside your process, for a program whose parts talk to each other over a bus and to nobody else,
// or for tests in real time. It is the broker of hoikud, with the same promises.
//
//     const Broker broker(nursery, "inproc://robot");
//     Bus bus = co_await Bus::connect(nursery, "inproc://robot");
//
// Lifetime   the broker serves from the end of this tick until its nursery ends, in whichever way. Then the Buses of
//            that nursery say goodbye first, and clients that are connected after a second are told that the broker is
//            shutting down.
// Thread     the loop on which it was made serves it. Clients may be on loops of other threads, over inproc too.
// Errors     the constructor throws Error(invalid_argument) for an endpoint that is malformed or that other machines
//            can reach (hoikud serves those), and for limits that contradict one another; and Error(unavailable), with
//            the reason, if it cannot listen there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hoiku/async/nursery.hpp"
#include "hoiku/link/link_kind.hpp"
#include "hoiku/proto/limits.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The counts of a broker.
struct BrokerStatistics {
  std::size_t topics = 0;
  std::size_t sessions = 0;
  std::size_t subscriptions = 0;
  std::size_t waits = 0;
  std::size_t predicates = 0;  // distinct ones that are being evaluated
  std::size_t leases = 0;
  std::size_t kept_frames = 0;  // not acknowledged by their clients
  std::uint64_t commits = 0;
  std::uint64_t deliveries = 0;  // that their clients have acknowledged
  std::size_t in_flight = 0;     // deliveries that were sent and are not acknowledged yet
  std::uint64_t conflated = 0;
};

// A cheap handle: the broker itself belongs to the nursery.
class Broker {
 public:
  // One endpoint or several: inproc://NAME, with any NAME within the process; ipc://PATH or tcp://127.0.0.1:PORT for
  // other processes, such as the inspector.
  Broker(Nursery& nursery, std::string endpoint, const Limits& limits = {}, LinkKind link = default_link_kind);
  Broker(Nursery& nursery, std::vector<std::string> endpoints, const Limits& limits = {},
         LinkKind link = default_link_kind);

  // Returns the endpoints at which it listens, with the ports that the system chose.
  std::vector<std::string> endpoints() const;
  std::string endpoint() const { return endpoints().front(); }
  BrokerStatistics statistics() const;  // all zero once it has ended

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hoiku
