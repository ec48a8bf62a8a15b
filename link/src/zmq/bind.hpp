// bind.hpp: listening at an endpoint, with errors that a person can act upon.
#pragma once

#include <string>
#include <zmq.hpp>

namespace hoiku::link {

// Returns the endpoint with the port that the system chose, where it was left to it. Throws Error(invalid_argument) for
// an endpoint that makes no sense, and Error(unavailable) with what is in the way.
std::string bind_endpoint(zmq::socket_t& socket, const std::string& endpoint);

}  // namespace hoiku::link
