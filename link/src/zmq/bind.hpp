// bind.hpp: listens at an endpoint, with errors that say what to do.
#pragma once

#include <string>
#include <zmq.hpp>

#include "hoiku/link/link.hpp"

namespace hoiku::link {

// Binds the socket and returns the endpoint, with the port that the system chose if that was left to it. Throws
// Error(invalid_argument) if the endpoint is malformed, and Error(unavailable), with the reason, if it cannot listen
// there.
std::string bind_endpoint(zmq::socket_t& socket, const std::string& endpoint, const SocketAccess& access);

}  // namespace hoiku::link
