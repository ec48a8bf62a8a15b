#include "hoiku/async/detail/deadline_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace hoiku::detail {
namespace {

class Entry : public Deadline {};

TimePoint at(int n) { return TimePoint(std::chrono::milliseconds(n)); }

TEST(DeadlineQueue, ReportsThatTheEarliestDeadlineIsEarlier) {
  DeadlineQueue queue;
  Entry a, b;
  EXPECT_TRUE(queue.set(a, at(10)));
  EXPECT_FALSE(queue.set(b, at(20)));
  EXPECT_TRUE(queue.set(b, at(5)));
  EXPECT_EQ(queue.earliest(), at(5));
}

TEST(DeadlineQueue, RemovesAnEntryWhoseDeadlineIsNever) {
  DeadlineQueue queue;
  Entry a;
  queue.set(a, at(10));
  EXPECT_FALSE(queue.set(a, never));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.earliest(), never);
}

TEST(DeadlineQueue, RemovingAnAbsentEntryIsHarmless) {
  DeadlineQueue queue;
  Entry a;
  queue.remove(a);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(DeadlineQueue, ReturnsDueEntriesInOrderWhateverMovedBefore) {
  std::mt19937 random(7);
  DeadlineQueue queue;
  std::deque<Entry> entries(200);
  std::map<Entry*, int> wanted;
  for (int step = 0; step < 20'000; ++step) {
    Entry& entry = entries[random() % entries.size()];
    if (random() % 3 == 0) {
      queue.remove(entry);
      wanted.erase(&entry);
    } else {
      const int when = static_cast<int>(random() % 1000);
      queue.set(entry, at(when));
      wanted[&entry] = when;
    }
    int earliest = -1;
    for (const auto& [_, when] : wanted) earliest = earliest < 0 ? when : std::min(earliest, when);
    ASSERT_EQ(queue.earliest(), earliest < 0 ? never : at(earliest));
    ASSERT_EQ(queue.size(), wanted.size());
  }
  int last = -1;
  while (Deadline* due = queue.take_due(at(1000))) {
    const int when = wanted.at(static_cast<Entry*>(due));
    EXPECT_GE(when, last);
    last = when;
  }
  EXPECT_TRUE(queue.empty());
}

TEST(DeadlineQueue, ReturnsNoEntryThatIsNotDue) {
  DeadlineQueue queue;
  Entry a;
  queue.set(a, at(10));
  EXPECT_EQ(queue.take_due(at(9)), nullptr);
  EXPECT_EQ(queue.take_due(at(10)), &a);
}

}  // namespace
}  // namespace hoiku::detail
