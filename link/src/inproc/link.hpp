// link.hpp: the link inside of one process, inproc://NAME. Our own, since ZeroMQ's keeps few of the promises of
// link.hpp: it tells no end of a connection, cuts off nobody, and lets a client connect to a broker that there is not.
//
// Each end may run on a loop of its own, on a thread of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "hoiku/link/link.hpp"

namespace hoiku::link {

std::unique_ptr<Connector> make_inproc_connector(std::string endpoint, std::string name);
// Throws Error(unavailable) where another broker of this process has the name. `activity` is what its activity() is.
std::unique_ptr<ServerLink> make_inproc_server_link(std::string endpoint, const std::string& name,
                                                    std::size_t frame_bytes_max, std::shared_ptr<Signal> activity);

}  // namespace hoiku::link
