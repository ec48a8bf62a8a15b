// stream_address.hpp: sockets and addresses of TCP and of Unix sockets, as one type each.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <string>

namespace hoiku::link::zmtp {

using StreamSocket = boost::asio::generic::stream_protocol::socket;
using StreamEndpoint = boost::asio::generic::stream_protocol::endpoint;

// Requires an address of IPv4 or IPv6. An address of IPv4 is one, also if an IPv6 socket says it in its own form.
boost::asio::ip::tcp::endpoint tcp_endpoint_of(const StreamEndpoint& address);
// Returns 192.168.1.7:7411, or [::1]:7411.
std::string address_text(const boost::asio::ip::tcp::endpoint& address);

// `path` is an endpoint's: one that begins with '@' is an abstract name.
boost::asio::local::stream_protocol::endpoint unix_endpoint_of(const std::string& path);

}  // namespace hoiku::link::zmtp
