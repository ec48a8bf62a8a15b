// check_limits.hpp: checks that limits are consistent. hoikud's operator sets them, or the program around an embedded
// broker.
#pragma once

#include <cstddef>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

// The broker reads and writes a frame in one go, and keeps it for each client that has not acknowledged it.
constexpr std::size_t frame_max = Limits{}.frame_bytes_max;
// The bytes of a frame besides its values, with names of the greatest length.
constexpr std::size_t frame_overhead = 4096;
// The answer to a wait for a transition has two values: the new one and the old one.
constexpr std::size_t value_max_in(std::size_t frame_bytes) {
  return frame_bytes < frame_overhead ? 0 : (frame_bytes - frame_overhead) / 2;
}

// Error: invalid_argument, with the names that the limits have in hoikud's configuration.
Result<void> check_limits(const Limits& limits);

}  // namespace hoiku::broker
