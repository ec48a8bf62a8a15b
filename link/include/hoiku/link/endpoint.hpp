// endpoint.hpp: the addresses at which brokers listen and clients connect: tcp://HOST:PORT, ipc://PATH, or
// inproc://NAME for a broker inside the same process.
//
// Errors     invalid_argument, with one sentence that names the endpoint and shows what it should look like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace link {

inline constexpr std::uint16_t default_port = 7411;
inline constexpr std::string_view default_endpoint = "tcp://127.0.0.1:7411";
inline constexpr std::size_t ipc_path_bytes_max = 107;  // the limit of a Unix socket's address
inline constexpr std::size_t inproc_name_bytes_max = 255;

struct Endpoint {
  enum class Kind : std::uint8_t { tcp, ipc, inproc };
  Kind kind = Kind::tcp;
  std::string host;        // tcp: an address (IPv6 without its brackets), a name, or "*": all addresses of this machine
  std::uint16_t port = 0;  // tcp: 0 lets the system choose
  std::string path;        // ipc; inproc: the name

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

enum class EndpointUse : std::uint8_t { connect, listen };

// Parses an endpoint. A wildcard ("*" as host or port, 0 as port) is for listening only; a name other than localhost,
// in letters of any case, is for connecting only.
Result<Endpoint> parse_endpoint(std::string_view text, EndpointUse use);

// Parses the endpoint of a program that talks to other processes: refuses inproc.
Result<Endpoint> parse_network_endpoint(std::string_view text, EndpointUse use);

// Returns the endpoint of a client that was given none: the environment variable HOIKU_ENDPOINT without the blanks
// around it, or default_endpoint if the variable is not set or blank. The error names the variable. Refuses inproc.
Result<std::string> endpoint_from_environment();

// Returns true if only this machine can reach it: inproc, ipc, localhost, 127.0.0.0/8 and ::1. A host's name counts as
// reachable from elsewhere.
bool is_loopback(const Endpoint& endpoint);

}  // namespace link
}  // namespace hoiku
