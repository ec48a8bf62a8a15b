// resolver.hpp: the addresses of a host's name.
//
// Promises   A task that waits for a name server can be cancelled at once. The system's resolver cannot: it runs on a
//            thread of its own, and if nobody waits any more its answer is forgotten. Tasks that ask for the same name
//            at the same time share one thread.
// Thread     any loop's.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "hoiku/async/task.hpp"

namespace hoiku::link {

// Returns at least one address, in the system's order of preference (RFC 6724); of `localhost` both, IPv4 first, since
// brokers listen there by default. Throws LinkClosed, with `endpoint` and the reason, if there is none.
Task<std::vector<boost::asio::ip::address>> resolve(std::string host, std::string endpoint);

}  // namespace hoiku::link
