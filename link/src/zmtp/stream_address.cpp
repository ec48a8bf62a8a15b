#include "link/src/zmtp/stream_address.hpp"

#include <cstring>

#include <fmt/core.h>

namespace hoiku::link::zmtp {

boost::asio::ip::tcp::endpoint tcp_endpoint_of(const StreamEndpoint& address) {
  boost::asio::ip::tcp::endpoint tcp;
  tcp.resize(address.size());
  std::memcpy(tcp.data(), address.data(), address.size());
  if (tcp.address().is_v6() && tcp.address().to_v6().is_v4_mapped())
    tcp.address(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, tcp.address().to_v6()));
  return tcp;
}

std::string address_text(const boost::asio::ip::tcp::endpoint& address) {
  const std::string host = address.address().to_string();
  return fmt::format("{}:{}", address.address().is_v6() ? '[' + host + ']' : host, address.port());
}

boost::asio::local::stream_protocol::endpoint unix_endpoint_of(const std::string& path) {
  return {path.starts_with('@') ? '\0' + path.substr(1) : path};
}

}  // namespace hoiku::link::zmtp
