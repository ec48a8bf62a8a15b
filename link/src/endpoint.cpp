#include "hoiku/link/endpoint.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdlib>

#include <fmt/core.h>

#include "hoiku/proto/text.hpp"

namespace hoiku::link {
namespace {

Failure malformed(std::string_view text, std::string_view reason) {
  return {ErrorCode::invalid_argument,
          fmt::format("{} is not an endpoint: {} (it looks like tcp://127.0.0.1:7411 or ipc:///run/hoiku.sock)",
                      text::quote(text), reason)};
}

bool is_localhost(std::string_view host) {
  constexpr std::string_view name = "localhost";
  return std::equal(host.begin(), host.end(), name.begin(), name.end(),
                    [](char c, char lower) { return (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) == lower; });
}

bool is_ipv4_address(std::string_view host) {
  boost::system::error_code error;
  boost::asio::ip::make_address_v4(host, error);
  return !error;
}

// A link-local address means another machine on each network: the interface follows '%'.
bool lacks_interface(const boost::asio::ip::address_v6& address, std::string_view host) {
  const bool is_local = address.is_link_local() || address.is_multicast_link_local();
  return is_local && (host.find('%') == std::string_view::npos || host.ends_with('%'));
}

bool is_name(std::string_view host) {
  return host.size() <= 255 && std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

Result<Endpoint> parse_tcp(std::string_view text, std::string_view rest, EndpointUse use) {
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || rest.ends_with(']')) return malformed(text, "the port is missing");
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = rest.substr(colon + 1);
  Endpoint endpoint;
  if (host.empty()) return malformed(text, "the host is missing");
  if (host.starts_with('[')) {
    host = host.substr(1);
    if (!host.ends_with(']')) return malformed(text, "the bracket of the IPv6 address is not closed");
    host.remove_suffix(1);
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address_v6(host, error);
    if (error) return malformed(text, "the text in brackets is not an IPv6 address");
    if (lacks_interface(address, host))
      return malformed(text, "a link-local address needs its network interface, as in tcp://[fe80::1%eth0]:7411");
  } else if (host == "*") {
    if (use == EndpointUse::connect) return malformed(text, "a client needs the address of one machine, not '*'");
  } else if (host.find(':') != std::string_view::npos) {
    return malformed(text, "an IPv6 address needs brackets, as in tcp://[::1]:7411");
  } else if (!is_name(host)) {
    return malformed(text, "the host is neither an address nor a name");
  } else if (is_localhost(host)) {
    host = "localhost";
  } else if (use == EndpointUse::listen && !is_ipv4_address(host)) {
    return malformed(text, "a broker listens at an address of its machine, or * for all of them, not at a name");
  }
  endpoint.host = host;

  if (port == "*") {
    if (use == EndpointUse::connect) return malformed(text, "a client needs a port, not '*'");
    return endpoint;
  }
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || port.size() > 5 || error != std::errc() || end != port.data() + port.size() || number > 65535)
    return malformed(text, "the port is not a number from 1 to 65535");
  if (number == 0 && use == EndpointUse::connect) return malformed(text, "the port is not a number from 1 to 65535");
  endpoint.port = static_cast<std::uint16_t>(number);
  return endpoint;
}

Result<Endpoint> parse_ipc(std::string_view text, std::string_view path) {
  if (path.empty()) return malformed(text, "the path is missing");
  if (path == "*") return malformed(text, "ipc needs a path, not '*'");
  if (path.size() > ipc_path_bytes_max)
    return malformed(
        text, fmt::format("the path has {} bytes; a socket's path has at most {}", path.size(), ipc_path_bytes_max));
  if (path.find('\0') != std::string_view::npos) return malformed(text, "the path contains a zero byte");
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::ipc;
  endpoint.path = path;
  return endpoint;
}

Result<Endpoint> parse_inproc(std::string_view text, std::string_view name) {
  const auto is_plain = [](unsigned char c) { return c > ' ' && c < 0x7f; };
  if (name.empty()) return malformed(text, "the name is missing");
  if (name.size() > inproc_name_bytes_max)
    return malformed(text, fmt::format("the name has {} bytes; the limit is {}", name.size(), inproc_name_bytes_max));
  if (!std::all_of(name.begin(), name.end(), is_plain))
    return malformed(text, "a name after inproc:// consists of printable ASCII characters without spaces");
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::inproc;
  endpoint.path = name;
  return endpoint;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text, EndpointUse use) {
  constexpr std::string_view tcp = "tcp://";
  constexpr std::string_view ipc = "ipc://";
  constexpr std::string_view inproc = "inproc://";
  if (text.starts_with(tcp)) return parse_tcp(text, text.substr(tcp.size()), use);
  if (text.starts_with(ipc)) return parse_ipc(text, text.substr(ipc.size()));
  if (text.starts_with(inproc)) return parse_inproc(text, text.substr(inproc.size()));
  return malformed(text, "it begins with neither tcp:// nor ipc://");
}

Result<Endpoint> parse_network_endpoint(std::string_view text, EndpointUse use) {
  Result<Endpoint> endpoint = parse_endpoint(text, use);
  if (!endpoint || endpoint->kind != Endpoint::Kind::inproc) return endpoint;
  return Failure{ErrorCode::invalid_argument,
                 fmt::format("{} cannot be reached from another process: use tcp:// or ipc://", text::quote(text))};
}

Result<std::string> endpoint_from_environment() {
  constexpr const char* variable = "HOIKU_ENDPOINT";
  constexpr std::string_view blanks = " \t\r\n";
  const char* value = std::getenv(variable);
  std::string_view text = value != nullptr ? value : "";
  // Shells and compose files make an empty variable of one that is not set.
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (text.empty()) return std::string(default_endpoint);
  const Result<Endpoint> endpoint = parse_network_endpoint(text, EndpointUse::connect);
  if (!endpoint)
    return Failure{endpoint.failure().code, fmt::format("the variable {}: {}", variable, endpoint.failure().message)};
  return std::string(text);
}

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.kind != Endpoint::Kind::tcp || endpoint.host == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(endpoint.host, error);
  if (error) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

}  // namespace hoiku::link
