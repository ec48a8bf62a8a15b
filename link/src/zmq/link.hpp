// link.hpp: the link on ZeroMQ, over tcp and ipc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hoiku/link/endpoint.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::link {

// Returns true if this build has this link.
bool has_zmq_link() noexcept;
// `text` is the endpoint as the user wrote it, for messages.
std::unique_ptr<Connector> make_zmq_connector(std::string text, Endpoint endpoint);
// Throws Error(unavailable), with the endpoint and the system's reason, if it cannot listen at one of them. `activity`
// becomes its activity().
std::unique_ptr<ServerLink> make_zmq_server_link(const std::vector<std::string>& endpoints,
                                                 const ServerLinkOptions& options, std::shared_ptr<Signal> activity);

}  // namespace hoiku::link
