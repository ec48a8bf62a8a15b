// address.hpp: where a WebSocket listens or is found, as it is written: HOST:PORT and ws://HOST:PORT/PATH.
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

// "127.0.0.1:8888", "[::1]:8888". Nothing where it is not of this form. Port 0, "whichever is free", is for listening.
std::optional<SocketAddress> parse_address(std::string_view text);
std::string address_text(const SocketAddress& address);

struct WebSocketUrl {
  SocketAddress address;
  std::string path = "/";

  friend bool operator==(const WebSocketUrl&, const WebSocketUrl&) = default;
};

// "ws://localhost:8888" or with a path; no wss://, since what comes from beyond this machine needs more than that.
std::optional<WebSocketUrl> parse_websocket_url(std::string_view text);

}  // namespace hoiku::services
