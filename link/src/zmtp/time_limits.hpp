// time_limits.hpp: how long the peer of a connection may take.
#pragma once

#include "hoiku/async/time.hpp"

namespace hoiku::link::zmtp {

struct TimeLimits {
  Duration handshake{};    // until the handshake is done
  Duration first_frame{};  // from then until its first message; zero if none is wanted
  Duration ping_after{};   // of silence: a PING asks for a sign of life
  Duration silence{};      // without a byte
  Duration blocked{};      // in which it takes nothing, while something waits for it
};

// A client asks for a sign of life before the broker would, with a heartbeat of its session if there is one: so one
// PING and one PONG serve both, and cost no turn of their own.
inline constexpr TimeLimits server_limits{.handshake = std::chrono::seconds(2),
                                          .first_frame = std::chrono::seconds(5),
                                          .ping_after = std::chrono::milliseconds(3500),
                                          .silence = std::chrono::seconds(5),
                                          .blocked = std::chrono::seconds(5)};
inline constexpr TimeLimits client_limits{.handshake = std::chrono::seconds(2),
                                          .first_frame = {},
                                          .ping_after = std::chrono::milliseconds(2500),
                                          .silence = std::chrono::seconds(5),
                                          .blocked = std::chrono::seconds(5)};

}  // namespace hoiku::link::zmtp
