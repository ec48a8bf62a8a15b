#include "cli/duration.hpp"

#include <gtest/gtest.h>

namespace hoiku::cli {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberWithItsUnit) {
  EXPECT_EQ(*parse_duration("200ms"), 200ms);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("2min"), 2min);
  EXPECT_EQ(*parse_duration("2m"), 2min);
  EXPECT_EQ(*parse_duration("1h"), 1h);
  EXPECT_EQ(*parse_duration("0s"), 0s);
}

TEST(Duration, AnythingElseIsNamedAndShownHowToWrite) {
  for (const char* text : {"", "5", "s", "-1s", "5 s", "5d", "1e300h", "nans", "inf", "99999h"}) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.failure().message,
              "'" + std::string(text) + "' is not a duration: write a number and its unit, such as 200ms, 5s or 2min");
  }
}

}  // namespace
}  // namespace hoiku::cli
