// types.hpp: the words that the rooms of the broker share: times, and the numbers by which they know each other's
// things.
#pragma once

#include <boost/container/small_vector.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

#include "hoiku/proto/transition.hpp"

namespace hoiku::broker {

using TimePoint = std::chrono::steady_clock::time_point;

struct Instant {
  TimePoint monotonic;
  WallTime wall;
};

// One connection, named by the front; never reused within a run.
enum class PeerId : std::uint64_t {};

// A topic's place in the topic table. Used again when the topic was removed, which happens only when no room knows it.
enum class TopicId : std::uint32_t {};

// A session. Never used again, so what outlived its session (a record on its way to the log) finds nobody.
enum class SessionId : std::uint64_t {};

// What a topic is at one moment; null: never set.
using State = std::shared_ptr<const Transition>;

// The value of a state, which it keeps alive; null if the state is.
inline std::shared_ptr<const Value> value_of(const State& state) noexcept {
  return state ? std::shared_ptr<const Value>(state, &state->value) : nullptr;
}

// One commit on its way to the log, of one topic or of several. What is in the log, in its order, decides every topic's
// value.
struct Record {
  std::uint64_t sequence = 0;  // position in the log: 1, 2, 3 …
  boost::container::small_vector<State, 1> transitions;
};

}  // namespace hoiku::broker
