#include "broker/core/filters.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

TEST(Filters, OfTypesOfMessagesOnlyAFewAreRemembered) {
  Filters filters(nullptr);
  Filter& filter = filters.acquire(*Predicate::parse("value.heat > 80"));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(filter.fits(Value(MessageBytes{"Type" + std::to_string(i), ""}), "motor/1/heat"));
    EXPECT_LE(filter.message_types(), Filter::message_types_max);
  }
  filters.release(filter);
  EXPECT_EQ(filters.size(), 0u);
}

}  // namespace
}  // namespace hoiku::broker
