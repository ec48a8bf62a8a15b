#include "services/socket_bridge/moods.hpp"

#include <gtest/gtest.h>

namespace hoiku::services {
namespace {

using namespace std::chrono_literals;

TEST(Moods, OddDigitsMakeSadAndEvenOnesHappy) {
  Moods moods = first_moods(Variant::us);
  EXPECT_EQ(moods, (Moods{"idle", "idle"}));
  feel(moods, 1, Variant::us);
  EXPECT_EQ(moods, (Moods{"😢 1", "idle"}));
  feel(moods, 0, Variant::us);
  EXPECT_EQ(moods, (Moods{"😢 1", "😆 0"}));
  for (int digit = 0; digit < 10; ++digit) EXPECT_EQ(makes_sad(digit), digit % 2 != 0);
}

TEST(Moods, OfTheOtherTalkFillOneAndEmptyTheOther) {
  Moods moods = first_moods(Variant::jp);
  EXPECT_EQ(moods, (Moods{"👶", "🍼"}));
  feel(moods, 1, Variant::jp);
  EXPECT_EQ(moods, (Moods{"👶 :1…", ""}));
  feel(moods, 2, Variant::jp);
  EXPECT_EQ(moods, (Moods{"", "🍼 :2…"}));
}

TEST(Moods, OnlyOneDigitIsADigit) {
  EXPECT_EQ(digit_of("0"), 0);
  EXPECT_EQ(digit_of("9"), 9);
  for (const char* message : {"", "10", "-1", "x", " 1"}) EXPECT_EQ(digit_of(message), std::nullopt) << message;
}

TEST(Backoff, DoublesUpToItsBoundAndBeginsAnew) {
  Backoff backoff;
  for (const Duration pause : {Duration(100ms), Duration(200ms), Duration(400ms), Duration(800ms), Duration(1600ms),
                               Duration(2s), Duration(2s)})
    EXPECT_EQ(backoff.next(), pause);
  backoff.succeeded();
  EXPECT_EQ(backoff.next(), Duration(100ms));
}

}  // namespace
}  // namespace hoiku::services
