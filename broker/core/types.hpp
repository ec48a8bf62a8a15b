// types.hpp: times, states, and the ids that the modules of the core share.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "broker/core/few.hpp"
#include "broker/core/state.hpp"

namespace hoiku::broker {

using TimePoint = std::chrono::steady_clock::time_point;

struct Instant {
  TimePoint monotonic;
  WallTime wall;
};

// One connection, numbered by the server; never used again within an instance.
enum class PeerId : std::uint64_t {};

// A topic's place in the topic table. A later topic may get the id of a removed one, which no module knows any more.
enum class TopicId : std::uint32_t {};

// A session. An id is never used again, so a commit's answer cannot reach another session than the writer's.
enum class SessionId : std::uint64_t {};

// One commit for the store, of one topic or of several. The order of the log decides every topic's value.
struct Record {
  std::uint64_t sequence = 0;  // position in the log: 1, 2, 3 …
  Few<State> transitions;
};

}  // namespace hoiku::broker
