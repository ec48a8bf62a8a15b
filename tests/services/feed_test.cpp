#include "services/socket_sensor/feed.hpp"

#include <gtest/gtest.h>

#include <set>

namespace hoiku::services {
namespace {

using namespace std::chrono_literals;

std::string complaint_about(std::string_view text) {
  try {
    parse_feed(text);
  } catch (const FeedError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Feed, IsADigitALineWithAPauseWhereItHasOne) {
  const auto steps = parse_feed("# two touches\n1\n\n 2\t500ms  # later\r\n3 0ms");
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].digit, 1);
  EXPECT_EQ(steps[0].pause, std::nullopt);
  EXPECT_EQ(steps[1].digit, 2);
  EXPECT_EQ(steps[1].pause, Pause(500ms));
  EXPECT_EQ(steps[2].digit, 3);
  EXPECT_EQ(steps[2].pause, Pause(0ms));
}

TEST(Feed, MayBeEmpty) { EXPECT_TRUE(parse_feed("\n# nothing\n").empty()); }

TEST(Feed, NamesTheLineThatIsMalformed) {
  EXPECT_EQ(complaint_about("1\n\n12\n"), "line 3: '12' is not a digit from 0 to 9");
  EXPECT_EQ(complaint_about("x"), "line 1: 'x' is not a digit from 0 to 9");
  EXPECT_EQ(complaint_about("1 5"), "line 1: '5' is not a pause such as 500ms or 1.5s");
  EXPECT_EQ(complaint_about("1 5ms 2"), "line 1: unexpected '2' after the digit and its pause");
}

TEST(Interval, IsOneDurationOrTwoInOrder) {
  EXPECT_EQ(parse_interval("100ms..1s"), Interval(Interval{100ms, 1s}));
  EXPECT_EQ(parse_interval("20ms"), Interval(Interval{20ms, 20ms}));
  for (const char* text : {"", "..", "5", "1s..", "..1s", "1s..100ms"}) EXPECT_EQ(parse_interval(text), std::nullopt);
}

TEST(Dice, ThrowTheSameFromTheSameSeed) {
  Dice one(7), same(7), other(8);
  std::vector<int> first, second, third;
  for (int i = 0; i < 40; ++i) {
    first.push_back(one.digit());
    second.push_back(same.digit());
    third.push_back(other.digit());
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
}

TEST(Dice, StayWithinTheirBoundsAndReachThem) {
  Dice dice(1);
  const Interval interval{3us, 5us};
  std::set<Pause> pauses;
  std::set<int> digits;
  for (int i = 0; i < 1000; ++i) {
    pauses.insert(dice.pause(interval));
    digits.insert(dice.digit());
  }
  EXPECT_EQ(pauses, (std::set<Pause>{3us, 4us, 5us}));
  EXPECT_EQ(digits, (std::set<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(dice.pause(Interval{4us, 4us}), Pause(4us));
}

}  // namespace
}  // namespace hoiku::services
