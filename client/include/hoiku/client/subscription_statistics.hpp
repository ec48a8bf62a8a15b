// subscription_statistics.hpp: what a subscription has received, and what became of it.
#pragma once

#include <cstdint>

namespace [[gnu::visibility("default")]] hoiku {

// received == taken + conflated + pending, at any time.
struct SubscriptionStatistics {
  std::uint64_t received = 0;  // new transitions; duplicates are counted below
  std::uint64_t taken = 0;
  std::uint64_t conflated = 0;  // replaced unread by a newer one
  std::uint64_t pending = 0;
  std::uint64_t duplicates = 0;  // versions that had been received before, dropped
  // Versions that were not received, before those that were taken: the sums of what each item said.
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;
  std::uint64_t skipped = 0;  // includes `lagged`
};

}  // namespace hoiku
