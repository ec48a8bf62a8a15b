// address.hpp: the addresses of WebSockets: HOST:PORT to listen at, ws://HOST:PORT/PATH to connect to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hoiku::services {

struct SocketAddress {
  std::string host;  // a name or a number; IPv6 without its brackets
  std::uint16_t port = 0;

  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

// Reads "127.0.0.1:8888" or "[::1]:8888". Empty if the text has another form. Port 0 means any free port, for
// listening.
std::optional<SocketAddress> parse_address(std::string_view text);
std::string address_text(const SocketAddress& address);

struct WebSocketUrl {
  SocketAddress address;
  std::string path = "/";

  friend bool operator==(const WebSocketUrl&, const WebSocketUrl&) = default;
};

// Reads "ws://localhost:8888", with or without a path. Not wss://: connections beyond this machine need more than that.
std::optional<WebSocketUrl> parse_websocket_url(std::string_view text);

}  // namespace hoiku::services
