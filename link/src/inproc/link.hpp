// link.hpp: the link inside one process, inproc://NAME. It is our own, since ZeroMQ's breaks promises of link.hpp:
// it does not report the end of a connection, cannot drop a peer, and lets a client connect to a broker that does not
// exist.
//
// Thread     each end may run on a loop, and a thread, of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "hoiku/link/link.hpp"

namespace hoiku::link {

std::unique_ptr<Connector> make_inproc_connector(std::string endpoint, std::string name);
// Throws Error(unavailable) if another broker of this process has the name. `activity` becomes its activity().
std::unique_ptr<ServerLink> make_inproc_server_link(std::string endpoint, const std::string& name,
                                                    std::size_t frame_bytes_max, std::shared_ptr<Signal> activity);

}  // namespace hoiku::link
