#include "cli/sorted_rows.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

namespace hoiku::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> all(SortedRows& rows) {
  std::vector<std::string> taken;
  while (auto row = rows.next()) taken.push_back(std::move(*row));
  return taken;
}

TEST(SortedRows, AreInTheOrderOfTheirKeys) {
  SortedRows rows;
  EXPECT_TRUE(rows.empty());
  rows.put("b", "second");
  rows.put("a/x", "first");
  rows.put("ä", "third");
  EXPECT_FALSE(rows.empty());
  EXPECT_FALSE(rows.uses_a_file());
  EXPECT_THAT(all(rows), ElementsAre("first", "second", "third"));
}

TEST(SortedRows, HaveTheLastRowOfEachKey) {
  for (const std::size_t memory : {std::size_t{1}, std::size_t{1} << 20}) {
    SortedRows rows(memory);
    rows.put("a", "1");
    rows.put("b", "2");
    rows.put("a", "3");
    rows.put("c", "");
    rows.put("a", "4");
    rows.put("b", "5");
    EXPECT_THAT(all(rows), ElementsAre("4", "5", "")) << memory;
  }
}

TEST(SortedRows, AreDiscardedTogether) {
  for (const std::size_t memory : {std::size_t{1}, std::size_t{1} << 20}) {
    SortedRows rows(memory);
    for (const char* key : {"a", "b", "c"}) rows.put(key, "old");
    rows.clear();
    EXPECT_TRUE(rows.empty());
    rows.put("d", "new");
    EXPECT_THAT(all(rows), ElementsAre("new")) << memory;
  }
}

TEST(SortedRows, WithoutARowThereIsNone) {
  SortedRows rows;
  EXPECT_THAT(all(rows), IsEmpty());
}

// Rows of all sizes, also beyond the buffers, in many runs, and many keys twice.
TEST(SortedRows, BeyondTheMemoryAreTheSameFromAFile) {
  std::mt19937 random(7);
  SortedRows rows(20'000);
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "key " + std::to_string(random() % 2000);
    const std::size_t size = i % 1000 == 0 ? 200'000 : random() % 100;
    const std::string row = std::to_string(i) + std::string(size, 'x');
    rows.put(key, row);
    expected[key] = row;
  }
  EXPECT_TRUE(rows.uses_a_file());
  const std::vector<std::string> taken = all(rows);
  ASSERT_EQ(taken.size(), expected.size());
  EXPECT_TRUE(std::equal(taken.begin(), taken.end(), expected.begin(),
                         [](const std::string& row, const auto& entry) { return row == entry.second; }));
}

TEST(SortedRows, StayInMemoryIfThereIsNoPlaceForAFile) {
  ASSERT_EQ(::setenv("TMPDIR", "/dev/null/nowhere", 1), 0);
  SortedRows rows(10);
  for (const char* key : {"c", "a", "b"}) rows.put(key, std::string("row ") + key);
  ::unsetenv("TMPDIR");
  EXPECT_FALSE(rows.uses_a_file());
  EXPECT_THAT(all(rows), ElementsAre("row a", "row b", "row c"));
}

}  // namespace
}  // namespace hoiku::cli
