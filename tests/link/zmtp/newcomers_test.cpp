#include "link/src/zmtp/newcomers.hpp"

#include <gmock/gmock.h>

namespace hoiku::link::zmtp {
namespace {

TEST(ZmtpNewcomers, TheOldestOfAnAddressMakesRoomForAnotherOfIt) {
  Newcomers newcomers(100, 2);
  EXPECT_EQ(newcomers.add(1, "here"), std::nullopt);
  EXPECT_EQ(newcomers.add(2, "there"), std::nullopt);
  EXPECT_EQ(newcomers.add(3, "here"), std::nullopt);
  EXPECT_EQ(newcomers.add(4, "here"), 1U);
  EXPECT_EQ(newcomers.add(5, "here"), 3U);
  EXPECT_EQ(newcomers.size(), 3U);
}

TEST(ZmtpNewcomers, TheOldestOfAllMakesRoomIfThereAreTooMany) {
  Newcomers newcomers(3, 2);
  newcomers.add(1, "a");
  newcomers.add(2, "b");
  newcomers.add(3, "c");
  EXPECT_EQ(newcomers.add(4, "d"), 1U);
  EXPECT_EQ(newcomers.add(5, "a"), 2U);
  EXPECT_EQ(newcomers.size(), 3U);
}

TEST(ZmtpNewcomers, WhoHasSpokenOrEndedIsNotCounted) {
  Newcomers newcomers(2, 2);
  newcomers.add(1, "here");
  newcomers.add(2, "here");
  newcomers.remove(1);
  newcomers.remove(1);  // again changes nothing
  EXPECT_EQ(newcomers.add(3, "here"), std::nullopt);
  EXPECT_EQ(newcomers.add(4, "here"), 2U);
  newcomers.remove(3);
  newcomers.remove(4);
  EXPECT_EQ(newcomers.size(), 0U);
}

}  // namespace
}  // namespace hoiku::link::zmtp
