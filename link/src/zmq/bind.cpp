#include "link/src/zmq/bind.hpp"

#include <fmt/core.h>

#include "hoiku/link/endpoint.hpp"
#include "link/src/listening.hpp"

namespace hoiku::link {
namespace {

// Returns the address for ZeroMQ, which takes numbers and the names of network interfaces only.
std::string address_of(const Endpoint& endpoint) {
  std::string host = endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host;
  if (host.find(':') != std::string::npos) host = fmt::format("[{}]", host);
  return fmt::format("tcp://{}:{}", host, endpoint.port == 0 ? "*" : std::to_string(endpoint.port));
}

}  // namespace

std::string bind_endpoint(zmq::socket_t& socket, const std::string& text, const SocketAccess& access) {
  const Result<Endpoint> endpoint = parse_endpoint(text, EndpointUse::listen);
  if (!endpoint) throw Error(endpoint.failure());
  const bool is_ipc = endpoint->kind == Endpoint::Kind::ipc;
  // ZeroMQ deletes what has the socket's name before it binds, be it a running broker's socket or a user's file.
  if (is_ipc) clear_socket_path(text, endpoint->path);
  socket.set(zmq::sockopt::ipv6, endpoint->host.find(':') != std::string::npos);
  try {
    socket.bind(is_ipc ? text : address_of(*endpoint));
  } catch (const zmq::error_t& error) {
    throw cannot_listen(text, error.num());
  }
  if (is_ipc) set_socket_access(text, endpoint->path, access);
  return is_ipc ? text : socket.get(zmq::sockopt::last_endpoint);
}

}  // namespace hoiku::link
