// transition.hpp: one change of one topic, and the numbers that order it: epoch, version, revision.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "hoiku/proto/quality.hpp"
#include "hoiku/proto/value.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The version of a topic. `number` rises by exactly one with each transition; 0 means never set. Numbers are comparable
// within one epoch only. The epoch is a random 64-bit number that changes whenever the broker cannot vouch for
// continuity.
struct Version {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
  friend bool operator==(const Version&, const Version&) = default;
};

// Microseconds since 1970, UTC, by the clock of the writer. For people; nothing is ordered by it.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// Immutable. The broker has one copy, however many readers there are.
struct Transition {
  std::string topic;
  Version version;
  std::uint64_t revision = 0;  // per broker instance; rises with each commit
  Value value;
  WallTime changed_at{};
  std::string writer;  // client name of the writer: a label, not an identity
  Quality quality = Quality::live;
  std::optional<WallTime> source_time;  // time of the measurement, by the clock of its source
};

}  // namespace hoiku
