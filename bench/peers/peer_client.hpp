// peer_client.hpp: clients of the peers that Hoiku's link is measured beside, each on one blocking socket, without a
// library: what remains is the peer's own cost. All of them use one topic.
//
// Errors     what fails throws std::runtime_error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hoiku::bench {

enum class PeerKind : std::uint8_t {
  relay,
  nats,   // NATS core, which keeps no state; its acknowledgement is the answer to a PING
  redis,  // SET and PUBLISH in one piece
};

class PeerClient {
 public:
  virtual ~PeerClient() = default;
  // Sends a value at once, without waiting for an answer; discards the answers that have arrived.
  virtual void post(std::string_view value) = 0;
  // Sends a value, and waits until the server has acknowledged it.
  virtual void set(std::string_view value) = 0;
  // Returns when the server knows of the subscription.
  virtual void subscribe() = 0;
  // Waits for the next value. Valid until the next call.
  virtual std::string_view next() = 0;
};

// Connects to a server on this machine.
std::unique_ptr<PeerClient> connect_peer(PeerKind kind, std::uint16_t port);

}  // namespace hoiku::bench
