// loads.hpp: what link_load does: the same three loads for Hoiku and for its peers, and idle Buses. Each tells the
// driver on standard output what it measured, in lines of JSON, and returns the exit status.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "bench/peers/peer_client.hpp"
#include "hoiku/link/link_kind.hpp"
#include "hoiku/proto/mode.hpp"

namespace hoiku::bench {

struct Load {
  std::uint16_t port = 0;     // of the server, on this machine
  double rate = 1000;         // values a second
  std::uint64_t values = 0;   // how many are published
  std::uint64_t warm_up = 0;  // how many of them, at the beginning, are not measured
  std::chrono::nanoseconds duration{};
};

// Sets the values 1 to load.values at load.rate. Says "measuring" after the warm-up, and "published" at the end.
int publish_to_peer(PeerKind peer, const Load& load);
int publish_to_hoiku(LinkKind link, const Load& load);

// Reads them. Says "ready", and at the end the latencies.
int read_from_peer(PeerKind peer, const Load& load);
int read_from_hoiku(LinkKind link, proto::Mode mode, const Load& load);

// Sets a value, waits for its acknowledgement, and so on, for load.duration. Says how many it was in what time.
int set_at_peer(PeerKind peer, const Load& load);
int set_at_hoiku(LinkKind link, const Load& load);

// Connects that many Buses and keeps them for load.duration. Says "connected" with the memory that they took, and at
// the end how many connections were lost.
int idle(LinkKind link, int buses, const Load& load);

}  // namespace hoiku::bench
