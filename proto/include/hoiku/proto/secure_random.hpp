// secure_random.hpp: numbers that nobody else can guess: secrets of sessions, ids of broker instances, epochs.
//
// Promises   they come from the source of the kernel or the processor, not from a seeded generator.
// Thread     any.
#pragma once

#include <cstdint>
#include <random>

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

inline std::uint64_t secure_random() {
  // On Linux a random_device reads the source of the kernel or the processor; it gives 32 bits at a time.
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

}  // namespace proto
}  // namespace hoiku
