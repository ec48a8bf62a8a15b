// link.hpp: the link over TCP and Unix sockets, in ZeroMQ's protocol, on the loop's own thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hoiku/link/endpoint.hpp"
#include "hoiku/link/link.hpp"
#include "link/src/zmtp/time_limits.hpp"

namespace hoiku::link {

// `text` is the endpoint as the user wrote it, for messages.
std::unique_ptr<Connector> make_zmtp_connector(std::string text, Endpoint endpoint);
// Drops a peer that is slower than `limits`. Throws Error(unavailable), with the endpoint and the system's reason, if
// it cannot listen at one of them. `activity` becomes its activity().
std::unique_ptr<ServerLink> make_zmtp_server_link(const std::vector<std::string>& endpoints,
                                                  const ServerLinkOptions& options, std::shared_ptr<Signal> activity,
                                                  const zmtp::TimeLimits& limits = zmtp::server_limits);

}  // namespace hoiku::link
