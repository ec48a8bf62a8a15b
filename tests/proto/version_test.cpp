#include "hoiku/proto/version.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace hoiku {
namespace {

TEST(VersionText, HasTheNumberAndTheEpoch) {
  EXPECT_EQ(to_string(Version{0x9f3c41d2, 12}), "12@000000009f3c41d2");
  EXPECT_EQ(to_string(Version{}), "0");
}

TEST(VersionText, IsReadBack) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  for (const Version& version : {Version{}, Version{1, 1}, Version{0x9f3c41d2a07be915, 12}, Version{most, most}}) {
    const auto read = parse_version(to_string(version));
    ASSERT_TRUE(read) << to_string(version);
    EXPECT_EQ(*read, version);
  }
  EXPECT_EQ(*parse_version("12@9f3c41d2"), (Version{0x9f3c41d2, 12}));
}

TEST(VersionText, ANumberWithoutAnEpochIsRefused) {
  const auto read = parse_version("12");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.failure().code, ErrorCode::invalid_argument);
  EXPECT_NE(read.failure().message.find("has no epoch"), std::string::npos) << read.failure().message;
}

TEST(VersionText, WhatIsNoVersionIsRefused) {
  for (const char* text : {"", "@", "a", "-1", "+1", " 1", "1 ", "1@", "1@x", "1@0", "0@1", "1@1@1", "0x1@1", "1@0x1",
                           "18446744073709551616@1", "1@10000000000000000"})
    EXPECT_FALSE(parse_version(text)) << text;
}

}  // namespace
}  // namespace hoiku
