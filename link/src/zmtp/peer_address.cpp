#include "link/src/zmtp/peer_address.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstring>

#include <fmt/core.h>

namespace hoiku::link::zmtp {
namespace {

using Socket = boost::asio::generic::stream_protocol::socket;

PeerAddress credentials_of(int descriptor) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {"unknown", "unknown"};
  return {fmt::format("pid {}, uid {}", credentials.pid, credentials.uid), fmt::format("uid {}", credentials.uid)};
}

}  // namespace

PeerAddress peer_address_of(Socket& socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return {"unknown", "unknown"};
  const int family = remote.protocol().family();
  if (family == AF_UNIX) return credentials_of(socket.native_handle());
  boost::asio::ip::tcp::endpoint address;
  address.resize(remote.size());
  std::memcpy(address.data(), remote.data(), remote.size());
  const std::string host = address.address().to_string();
  const std::string bracketed = family == AF_INET6 ? '[' + host + ']' : host;
  return {fmt::format("{}:{}", bracketed, address.port()), host};
}

}  // namespace hoiku::link::zmtp
