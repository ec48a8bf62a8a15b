// greeting.hpp: the first 64 bytes that each end of a ZMTP connection sends (RFC 37): its version, and the mechanism
// that secures the connection.
//
// Promises   pure. A peer that cannot be one of ZMTP 3 is refused at the first byte that shows it.
// Errors     protocol_violation; the message says what the peer does, and its subject is "it".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"

namespace hoiku::link::zmtp {

inline constexpr std::size_t greeting_bytes = 64;

struct Greeting {
  std::string mechanism;  // "NULL", "CURVE"
  bool as_server = false;
};

// Returns the greeting of an end that speaks ZMTP 3.1.
std::string write_greeting(const Greeting& greeting);

// Reads the first bytes that a peer has sent. Returns nothing while the greeting is not whole; ignores what follows it.
Result<std::optional<Greeting>> read_greeting(std::string_view bytes);

}  // namespace hoiku::link::zmtp
