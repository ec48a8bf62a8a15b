#include "broker/core/few.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace hoiku::broker {
namespace {

TEST(Few, KeepsItsElementsInOrder) {
  Few<std::string> few;
  EXPECT_TRUE(few.empty());
  std::string all;
  for (const char* text : {"a", "b", "c", "d"}) {
    few.push_back(text);
    all += text;
    std::string found;
    for (const std::string& one : few) found += one;
    EXPECT_EQ(found, all);
    EXPECT_EQ(few.front(), "a");
    EXPECT_EQ(few.back(), text);
    EXPECT_EQ(few[few.size() - 1], text);
  }
  EXPECT_EQ(few.size(), 4u);
}

TEST(Few, AMovedOneIsEmpty) {
  for (const std::size_t size : {1u, 3u}) {
    Few<std::shared_ptr<int>> few;
    for (std::size_t i = 0; i < size; ++i) few.push_back(std::make_shared<int>(7));
    const std::weak_ptr<int> last = few.back();
    Few<std::shared_ptr<int>> moved = std::move(few);
    EXPECT_TRUE(few.empty());
    EXPECT_EQ(moved.size(), size);
    few = std::move(moved);
    EXPECT_EQ(few.size(), size);
    EXPECT_EQ(*few.front(), 7);
    few = {};
    EXPECT_TRUE(last.expired());
  }
}

}  // namespace
}  // namespace hoiku::broker
