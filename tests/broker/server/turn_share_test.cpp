#include "broker/server/turn_share.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint begin{1h};

Limits limits() {
  Limits limits;
  limits.turn_commands_max = 10;
  limits.turn_bytes_max = 1000;
  limits.turn_time_max = 2ms;
  return limits;
}

TEST(TurnShare, IsSpentWithItsCommands) {
  TurnShare share(limits(), begin);
  share.spend_commands(9);
  EXPECT_FALSE(share.is_spent(begin));
  share.spend_commands(1);
  EXPECT_TRUE(share.is_spent(begin));
}

TEST(TurnShare, IsSpentWithItsBytes) {
  TurnShare share(limits(), begin);
  share.spend_bytes(999);
  EXPECT_FALSE(share.is_spent(begin));
  share.spend_bytes(std::size_t{4} << 20);  // one frame may be larger than what is left
  EXPECT_TRUE(share.is_spent(begin));
}

TEST(TurnShare, IsSpentWithItsTime) {
  const TurnShare share(limits(), begin);
  EXPECT_FALSE(share.is_spent(begin + 2ms - 1ns));
  EXPECT_TRUE(share.is_spent(begin + 2ms));
}

}  // namespace
}  // namespace hoiku::broker
