#include "broker/core/readers/reader_counts.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

// The sum is asserted in the class, after each call.
TEST(ReaderCounts, EachTransitionIsInOneCount) {
  ReaderCounts counts;
  counts.add_pending(5);
  counts.add_conflating();
  counts.add_filtered(2);
  EXPECT_EQ(counts.written(), 8u);
  EXPECT_EQ(counts.pending(), 5u);
  counts.send(1, 0);
  counts.filter(1);
  counts.lag(3);
  EXPECT_EQ(counts.pending(), 0u);
  EXPECT_EQ(counts.in_flight(0), 1u);
  EXPECT_EQ(counts.delivered(0), 0u);
  EXPECT_EQ(counts.in_flight(1), 0u);
  EXPECT_EQ(counts.delivered(1), 1u);
  EXPECT_EQ(counts.conflated(), 1u);
  EXPECT_EQ(counts.filtered(), 3u);
  EXPECT_EQ(counts.lagged(), 3u);
  EXPECT_EQ(counts.written(), 8u);
}

TEST(ReaderCounts, WhatIsInFlightIsCountedByFrame) {
  ReaderCounts counts;
  counts.add_pending(100);
  for (std::uint64_t frame = 1; frame <= 10; ++frame) {
    // The client acknowledges every third frame, with those before it.
    const std::uint64_t acknowledged = (frame - 1) / 3 * 3;
    counts.send(2 * frame, 2 * acknowledged);
    counts.send(2 * frame, 2 * acknowledged);
    EXPECT_EQ(counts.in_flight(2 * acknowledged), 2 * (frame - acknowledged));
    EXPECT_EQ(counts.delivered(2 * acknowledged), 2 * acknowledged);
  }
  EXPECT_EQ(counts.in_flight(20), 0u);
  EXPECT_EQ(counts.delivered(20), 20u);
}

}  // namespace
}  // namespace hoiku::broker
