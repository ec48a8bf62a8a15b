// mechanism.hpp: how the two ends of a connection come to trust each other, between the greetings and the first
// message.
//
// NULL (null_mechanism.hpp) trusts everybody. CURVE will be a second implementation; it also encrypts what follows the
// handshake, so it will add two functions here, which seal and open the body of a frame.
//
// Promises   pure: commands in, commands out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"
#include "link/src/zmtp/command.hpp"

namespace hoiku::link::zmtp {

class Mechanism {
 public:
  virtual ~Mechanism() = default;
  // Returns the name in the greeting, of at most 20 bytes.
  virtual std::string_view name() const = 0;
  virtual bool is_server() const = 0;
  // Returns the next frame to send, or nothing. The owner asks after the greetings and after each command.
  virtual std::optional<std::string> next_frame() = 0;
  // Takes a command of the peer. A failure ends the connection; its message's subject is "it", the peer.
  virtual Result<> take(const Command& command) = 0;
  // Returns true if messages may follow.
  virtual bool is_complete() const = 0;
};

}  // namespace hoiku::link::zmtp
