// peer_address.hpp: who is at the other end of a socket, as far as the system knows.
#pragma once

#include <string>

#include "link/src/zmtp/stream_address.hpp"

namespace hoiku::link::zmtp {

struct PeerAddress {
  std::string text;  // for people: 192.168.1.7:40312, or "pid 4711, uid 1000"
  std::string host;  // the same for all connections of one machine, or of one user of a Unix socket
};

// Never fails: what the system does not tell is "unknown".
PeerAddress peer_address_of(StreamSocket& socket);

}  // namespace hoiku::link::zmtp
