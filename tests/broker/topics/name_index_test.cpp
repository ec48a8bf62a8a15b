#include "broker/core/topics/name_index.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

namespace hoiku::broker {
namespace {

TEST(NameIndex, FindsNothingWhenEmpty) {
  NameIndex index(1);
  EXPECT_FALSE(index.find(index.hash("a"), [](std::uint32_t) { return true; }));
  index.erase(index.hash("a"), 0);
  EXPECT_EQ(index.size(), 0u);
}

TEST(NameIndex, HashDependsOnTheSeedAndOnEachByte) {
  NameIndex one(1), other(3);
  EXPECT_NE(one.hash("sensor/touch/left"), other.hash("sensor/touch/left"));
  EXPECT_NE(one.hash("sensor/touch/left"), one.hash("sensor/touch/lefu"));
  EXPECT_NE(one.hash(""), one.hash(std::string_view("\0", 1)));
}

TEST(NameIndex, AgreesWithAMapUnderRandomChanges) {
  std::mt19937 random(3);
  // Few places and equal hashes, so that the runs of occupied places are long and wrap around.
  NameIndex index(42);
  std::unordered_map<std::uint32_t, std::uint32_t> model;  // number -> hash
  for (int step = 0; step < 200'000; ++step) {
    const std::uint32_t number = static_cast<std::uint32_t>(random() % 300);
    const std::uint32_t hash = number % 7 == 0 ? 0xFFFFFFFFu : number * 2654435761u;
    const auto found = index.find(hash, [&](std::uint32_t candidate) { return candidate == number; });
    ASSERT_EQ(found.has_value(), model.contains(number));
    if (found) {
      index.erase(hash, number);
      model.erase(number);
    } else {
      index.insert(hash, number);
      model.emplace(number, hash);
    }
    ASSERT_EQ(index.size(), model.size());
  }
}

}  // namespace
}  // namespace hoiku::broker
