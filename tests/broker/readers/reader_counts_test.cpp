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
  counts.deliver();
  counts.filter(1);
  counts.lag(3);
  EXPECT_EQ(counts.pending(), 0u);
  EXPECT_EQ(counts.delivered(), 1u);
  EXPECT_EQ(counts.conflated(), 1u);
  EXPECT_EQ(counts.filtered(), 3u);
  EXPECT_EQ(counts.lagged(), 3u);
  EXPECT_EQ(counts.written(), 8u);
}

}  // namespace
}  // namespace hoiku::broker
