#include "broker/core/topic_map.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hoiku::broker {
namespace {

constexpr TopicId lowest{0}, highest{5};

TEST(TopicMap, FindsNothingBeforeInsertion) {
  TopicMap<int> map;
  EXPECT_EQ(map.find(lowest), nullptr);
  map.insert(highest, std::make_unique<int>(1));
  EXPECT_EQ(map.find(lowest), nullptr);
  EXPECT_FALSE(map.contains(lowest));
  EXPECT_TRUE(map.contains(highest));
}

TEST(TopicMap, CreatesAnElementOnceAndKeepsItsAddress) {
  TopicMap<std::string> map;
  std::string& first = map.find_or_create(lowest);
  first = "kept";
  for (std::uint32_t i = 1; i < 1000; ++i) map.find_or_create(TopicId{i});
  EXPECT_EQ(&map.find_or_create(lowest), &first);
  EXPECT_EQ(map[lowest], "kept");
  EXPECT_EQ(map.end(), 1000u);
}

TEST(TopicMap, ATakenElementBelongsToTheCaller) {
  TopicMap<int> map;
  map.insert(highest, std::make_unique<int>(7));
  EXPECT_EQ(*map.take(highest), 7);
  EXPECT_FALSE(map.contains(highest));
  EXPECT_EQ(map.find_or_create(highest), 0);
  map.erase(highest);
  EXPECT_FALSE(map.contains(highest));
}

TEST(TopicMap, MayReferToElementsOfAnotherOwner) {
  TopicMap<int, int*> map;
  int element = 3;
  EXPECT_EQ(&map.insert(highest, &element), &element);
  EXPECT_EQ(map.find(highest), &element);
  map.erase(highest);
  EXPECT_EQ(map.find(highest), nullptr);
}

}  // namespace
}  // namespace hoiku::broker
