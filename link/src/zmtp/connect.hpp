// connect.hpp: connects a socket to the address of a broker's that answers first.
#pragma once

#include <string>
#include <vector>

#include "hoiku/async/task.hpp"
#include "link/src/zmtp/stream_address.hpp"

namespace hoiku::link::zmtp {

// Tries the addresses in their order: the next one when the last was refused, or has not answered for 250 ms. The first
// connection wins, and the others end (RFC 8305, "happy eyeballs"). Throws LinkClosed, with `endpoint` and the reason
// of the first address, if none answers within 2 s.
Task<StreamSocket> connect_to_any(std::string endpoint, std::vector<StreamEndpoint> addresses);

// Returns the addresses with those of IPv4 and IPv6 in turns, beginning with the first.
std::vector<StreamEndpoint> alternate_families(const std::vector<StreamEndpoint>& addresses);

}  // namespace hoiku::link::zmtp
