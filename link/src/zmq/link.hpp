// link.hpp: the link on ZeroMQ, over tcp and ipc.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "hoiku/link/endpoint.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::link {

// `text` is the endpoint as it was written, for messages.
std::unique_ptr<Connector> make_zmq_connector(std::string text, Endpoint endpoint);
// Throws Error(unavailable), with the endpoint and the system's reason, where one of them can't be bound. `activity` is what
// its activity() is.
std::unique_ptr<ServerLink> make_zmq_server_link(const std::vector<std::string>& endpoints, std::size_t frame_bytes_max,
                                                 std::shared_ptr<Signal> activity);

}  // namespace hoiku::link
