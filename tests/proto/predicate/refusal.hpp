// refusal.hpp: what every text that is no predicate is answered with.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "hoiku/proto/predicate.hpp"

namespace hoiku::test {

inline void expect_refused(std::string_view text) {
  const auto result = Predicate::parse(text);
  ASSERT_FALSE(result) << text.substr(0, 100);
  EXPECT_EQ(result.failure().code, ErrorCode::invalid_predicate) << text.substr(0, 100);
  EXPECT_LT(result.failure().message.size(), 300u);
}

}  // namespace hoiku::test
