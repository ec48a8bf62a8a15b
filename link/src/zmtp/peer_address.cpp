#include "link/src/zmtp/peer_address.hpp"

#include <sys/socket.h>

#include <boost/system/error_code.hpp>

#include <fmt/core.h>

namespace hoiku::link::zmtp {
namespace {

PeerAddress credentials_of(int descriptor) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {"unknown", "unknown"};
  return {fmt::format("pid {}, uid {}", credentials.pid, credentials.uid), fmt::format("uid {}", credentials.uid)};
}

}  // namespace

PeerAddress peer_address_of(StreamSocket& socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return {"unknown", "unknown"};
  if (remote.protocol().family() == AF_UNIX) return credentials_of(socket.native_handle());
  const auto address = tcp_endpoint_of(remote);
  return {address_text(address), address.address().to_string()};
}

}  // namespace hoiku::link::zmtp
