#include "hoiku/proto/duration.hpp"

#include <gtest/gtest.h>

namespace hoiku {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberWithItsUnit) {
  EXPECT_EQ(*parse_duration("200ms"), 200ms);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("0.3us"), 300ns);
  EXPECT_EQ(*parse_duration("2min"), 2min);
  EXPECT_EQ(*parse_duration("2m"), 2min);
  EXPECT_EQ(*parse_duration("1h"), 1h);
  EXPECT_EQ(*parse_duration("0s"), 0s);
  EXPECT_EQ(*parse_duration("8760h"), 8760h);
}

TEST(Duration, AnythingElseIsNamedAndShownHowToWrite) {
  for (const char* text : {"", "5", "s", "ms", "-1s", "5 s", "5d", "1e3s", "1e300h", "nans", "inf", "8761h"}) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.failure().message,
              "'" + std::string(text) + "' is not a duration: write a number and its unit, such as 200ms, 5s or 2min");
  }
}

TEST(Duration, IsWrittenInTheLargestUnitThatFits) {
  EXPECT_EQ(duration_text(0s), "0s");
  EXPECT_EQ(duration_text(20ms), "20ms");
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(120s), "2min");
  EXPECT_EQ(duration_text(24h), "24h");
  EXPECT_EQ(duration_text(250us), "250us");
}

TEST(Duration, AnElapsedTimeIsRoundedForPeople) {
  EXPECT_EQ(elapsed_text(0s), "0ms");
  EXPECT_EQ(elapsed_text(350'400us), "350ms");
  EXPECT_EQ(elapsed_text(999'600us), "1s");
  EXPECT_EQ(elapsed_text(1s), "1s");
  EXPECT_EQ(elapsed_text(2119ms), "2.1s");
  EXPECT_EQ(elapsed_text(9'960ms), "10s");
  EXPECT_EQ(elapsed_text(42'400ms), "42s");
  EXPECT_EQ(elapsed_text(59'600ms), "1min");
  EXPECT_EQ(elapsed_text(90s), "1.5min");
  EXPECT_EQ(elapsed_text(3h + 20min), "3.3h");
  EXPECT_EQ(elapsed_text(100h), "100h");
}

TEST(Duration, WhatIsWrittenIsReadBack) {
  for (const std::chrono::nanoseconds duration :
       std::initializer_list<std::chrono::nanoseconds>{0s, 1us, 999us, 1ms, 59'999ms, 1s, 61s, 3599s, 1h, 25h, 8760h})
    EXPECT_EQ(*parse_duration(duration_text(duration)), duration);
}

}  // namespace
}  // namespace hoiku
