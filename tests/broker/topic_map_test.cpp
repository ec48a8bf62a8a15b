#include "broker/core/topic_map.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hoiku::broker {
namespace {

constexpr TopicId low{0}, high{5};

TEST(TopicMap, FindsNothingBeforeInsertion) {
  TopicMap<int> map;
  EXPECT_EQ(map.find(low), nullptr);
  map.insert(high, std::make_unique<int>(1));
  EXPECT_EQ(map.find(low), nullptr);
  EXPECT_FALSE(map.contains(low));
  EXPECT_TRUE(map.contains(high));
}

TEST(TopicMap, CreatesAnElementOnceAndKeepsItsAddress) {
  TopicMap<std::string> map;
  std::string& first = map.find_or_create(low);
  first = "kept";
  for (std::uint32_t i = 1; i < 1000; ++i) map.find_or_create(TopicId{i});
  EXPECT_EQ(&map.find_or_create(low), &first);
  EXPECT_EQ(map[low], "kept");
  EXPECT_EQ(map.end(), 1000u);
}

TEST(TopicMap, ATakenElementBelongsToTheCaller) {
  TopicMap<int> map;
  map.insert(high, std::make_unique<int>(7));
  EXPECT_EQ(*map.take(high), 7);
  EXPECT_FALSE(map.contains(high));
  EXPECT_EQ(map.find_or_create(high), 0);
  map.erase(high);
  EXPECT_FALSE(map.contains(high));
}

TEST(TopicMap, MayReferToElementsOfAnotherOwner) {
  TopicMap<int, int*> map;
  int element = 3;
  EXPECT_EQ(&map.insert(high, &element), &element);
  EXPECT_EQ(map.find(high), &element);
  map.erase(high);
  EXPECT_EQ(map.find(high), nullptr);
}

}  // namespace
}  // namespace hoiku::broker
