#include "broker/core/topic_map.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hoiku::broker {
namespace {

constexpr TopicId a{0}, b{5};

TEST(TopicMap, FindsNothingWhereNothingWasInserted) {
  TopicMap<int> map;
  EXPECT_EQ(map.find(a), nullptr);
  map.insert(b, std::make_unique<int>(1));
  EXPECT_EQ(map.find(a), nullptr);
  EXPECT_FALSE(map.contains(a));
  EXPECT_TRUE(map.contains(b));
}

TEST(TopicMap, CreatesAnElementOnceAndKeepsItsAddress) {
  TopicMap<std::string> map;
  std::string& first = map.find_or_create(a);
  first = "kept";
  for (std::uint32_t i = 1; i < 1000; ++i) map.find_or_create(TopicId{i});
  EXPECT_EQ(&map.find_or_create(a), &first);
  EXPECT_EQ(map[a], "kept");
  EXPECT_EQ(map.end(), 1000u);
}

TEST(TopicMap, ATakenElementIsTheCallers) {
  TopicMap<int> map;
  map.insert(b, std::make_unique<int>(7));
  EXPECT_EQ(*map.take(b), 7);
  EXPECT_FALSE(map.contains(b));
  EXPECT_EQ(map.find_or_create(b), 0);
  map.erase(b);
  EXPECT_FALSE(map.contains(b));
}

TEST(TopicMap, MayReferToElementsOfSomebodyElse) {
  TopicMap<int, int*> map;
  int element = 3;
  EXPECT_EQ(&map.insert(b, &element), &element);
  EXPECT_EQ(map.find(b), &element);
  map.erase(b);
  EXPECT_EQ(map.find(b), nullptr);
}

}  // namespace
}  // namespace hoiku::broker
