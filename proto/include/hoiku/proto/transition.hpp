// transition.hpp: one change of one topic, and what orders it: epoch, version, revision.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "hoiku/proto/value.hpp"

namespace hoiku {

// Per topic. `number` rises by exactly one with each transition; 0 is "never set". Numbers compare within one epoch only;
// the epoch is a random 64-bit number that changes whenever the broker cannot vouch for continuity.
struct Version {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
  friend bool operator==(const Version&, const Version&) = default;
};

enum class Quality : std::uint8_t { live = 0, stale = 1, orphaned = 2 };

// Microseconds since 1970, UTC, by the clock of whoever wrote them. For people; nothing is ordered by it.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// Immutable once made; one copy at the broker, however many readers.
struct Transition {
  std::string topic;
  Version version;
  std::uint64_t revision = 0;  // per run of the broker; rises with each commit
  Value value;
  WallTime changed_at{};
  std::string writer;  // the writer's client name: a label, not an identity
  Quality quality = Quality::live;
  std::optional<WallTime> source_time;  // when the source says that it measured the value
};

}  // namespace hoiku
