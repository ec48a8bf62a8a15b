// endpoint.hpp: where a broker listens and a client connects, as it is written: tcp://HOST:PORT, ipc://PATH, or
// inproc://NAME, which reaches a broker inside of the same process.
//
// Errors     invalid_argument, with one sentence that names the endpoint and says what it should look like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"

namespace hoiku::link {

inline constexpr std::uint16_t default_port = 7411;
inline constexpr std::string_view default_endpoint = "tcp://127.0.0.1:7411";
inline constexpr std::size_t ipc_path_bytes_max = 107;  // what fits into a Unix socket's address
inline constexpr std::size_t inproc_name_bytes_max = 255;

struct Endpoint {
  enum class Kind : std::uint8_t { tcp, ipc, inproc };
  Kind kind = Kind::tcp;
  std::string host;        // tcp: an address, a name, or "*" (every address of this machine); IPv6 without its brackets
  std::uint16_t port = 0;  // tcp: 0 is a port of the system's choice
  std::string path;        // ipc; inproc: the name

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

enum class EndpointUse : std::uint8_t { connect, listen };

// A wildcard ("*" as host or port, 0 as port) makes sense for listening only.
Result<Endpoint> parse_endpoint(std::string_view text, EndpointUse use);

// The same for a program that has no broker and no client of its own inside: inproc is refused.
Result<Endpoint> parse_outer_endpoint(std::string_view text, EndpointUse use);

// Only this machine can reach it: inproc, ipc, localhost, 127.0.0.0/8 and ::1. A name that is not a number counts as reachable.
bool is_loopback(const Endpoint& endpoint);

}  // namespace hoiku::link
