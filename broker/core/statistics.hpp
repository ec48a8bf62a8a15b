// statistics.hpp: the counts of one broker that a test or an operator can look at.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hoiku::broker {

// Counts of existing objects are std::size_t; counts that only rise are std::uint64_t.
struct Statistics {
  std::size_t topics = 0;  // without the broker's own
  std::size_t sessions = 0;
  std::size_t subscriptions = 0;
  std::size_t waits = 0;
  std::size_t predicates = 0;  // distinct ones being evaluated
  std::size_t leases = 0;
  std::size_t kept_frames = 0;  // not yet acknowledged
  std::size_t schemas = 0;      // types of messages that were registered
  std::uint64_t commits = 0;
  std::size_t in_flight = 0;      // deliveries that were sent and are not acknowledged
  std::uint64_t deliveries = 0;   // that were acknowledged by their clients
  std::uint64_t lagged = 0;       // transitions that a history discarded before an `every` reader was sent them
  std::size_t history_bytes = 0;  // all topics' earlier states
  std::uint64_t filtered = 0;     // transitions that did not pass a reader's filter
  std::uint64_t conflated = 0;    // transitions that a newer one replaced in a slot before they were sent
  std::uint64_t predicate_tests = 0;
  std::uint64_t rejected_frames = 0;  // malformed, out of order, or of unknown peers
};

}  // namespace hoiku::broker
