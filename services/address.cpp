#include "services/address.hpp"

#include <algorithm>
#include <charconv>

namespace hoiku::services {

std::optional<SocketAddress> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Refuses "::1:8888", which is ambiguous.
  const bool ambiguous = !bracketed && host.find(':') != std::string_view::npos;
  if (host.empty() || ambiguous || host.find_first_of("/ []@") != std::string_view::npos) return std::nullopt;

  SocketAddress address;
  address.host = host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return address;
}

std::string address_text(const SocketAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::optional<WebSocketUrl> parse_websocket_url(std::string_view text) {
  constexpr std::string_view scheme = "ws://";
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_address(text.substr(0, slash));
  if (!address || address->port == 0) return std::nullopt;
  WebSocketUrl url;
  url.address = *address;
  if (slash < text.size()) url.path = text.substr(slash);
  // The path becomes part of a line of HTTP.
  const auto is_plain = [](char c) { return c > ' ' && c < 127; };
  if (!std::all_of(url.path.begin(), url.path.end(), is_plain)) return std::nullopt;
  return url;
}

}  // namespace hoiku::services
