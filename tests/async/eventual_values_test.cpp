#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using Seen = std::vector<std::pair<int, Duration>>;

bool is_even(int number) { return number % 2 == 0; }

// Sets 1, 2, 3 …, one after each gap, and leaves the reader ten more seconds.
Task<Seen> read_while_setting(std::vector<Duration> gaps, Duration body, bool even, Duration hold) {
  AsyncValue<int> level{0};
  Seen seen;
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      int number = 0;
      for (const Duration gap : gaps) {
        co_await sleep(gap);
        level.set(++number);
      }
      co_await sleep(10s);
      nursery.cancel_scope().cancel();
    });
    const auto read = [&](EventualValues<int>& reader) -> Task<> {
      for (;;) {
        const int number = co_await reader.next();
        seen.emplace_back(number, now() - start);
        if (body > Duration::zero()) co_await sleep(body);
      }
    };
    if (even) {
      auto reader = level.eventual_values(is_even, held_for(hold));
      co_await read(reader);
    } else {
      auto reader = level.eventual_values(held_for(hold));
      co_await read(reader);
    }
  });
  co_return seen;
}

VIRTUAL_TEST(EventualValues, AnIdleReaderSeesEachValueAtItsTime) {
  const std::vector<Duration> seen_gaps{100ms, 100ms, 100ms};
  const Seen seen = co_await read_while_setting(seen_gaps, 0ms, false, 0ms);
  EXPECT_EQ(seen, (Seen{{0, 0ms}, {1, 100ms}, {2, 200ms}, {3, 300ms}}));
}

VIRTUAL_TEST(EventualValues, AFilterLeavesOutValuesThatDoNotMatch) {
  const std::vector<Duration> seen_gaps{100ms, 100ms, 100ms, 100ms};
  const Seen seen = co_await read_while_setting(seen_gaps, 0ms, true, 0ms);
  EXPECT_EQ(seen, (Seen{{0, 0ms}, {2, 200ms}, {4, 400ms}}));
}

VIRTUAL_TEST(EventualValues, ABusyReaderGetsTheCurrentValueWhenItComesBack) {
  const std::vector<Duration> seen_gaps{900ms, 900ms, 900ms};
  const Seen seen = co_await read_while_setting(seen_gaps, 1s, false, 0ms);
  EXPECT_EQ(seen, (Seen{{0, 0s}, {1, 1s}, {2, 2s}, {3, 3s}}));
}

VIRTUAL_TEST(EventualValues, AHoldReturnsOnlyValuesThatWereHeld) {
  const std::vector<Duration> slow_gaps{900ms, 900ms, 900ms, 900ms, 900ms, 900ms};
  const Seen slow = co_await read_while_setting(slow_gaps, 0ms, true, 500ms);
  EXPECT_EQ(slow, (Seen{{0, 500ms}, {2, 2300ms}, {4, 4100ms}, {6, 5900ms}}));
  const std::vector<Duration> quick_gaps{400ms, 900ms, 400ms, 900ms, 400ms, 900ms};
  const Seen quick = co_await read_while_setting(quick_gaps, 0ms, true, 500ms);
  EXPECT_EQ(quick, (Seen{{6, 4400ms}}));
}

VIRTUAL_TEST(EventualValues, AHoldWithoutAPredicateMeansUnchanged) {
  const std::vector<Duration> seen_gaps{400ms, 400ms, 900ms};
  const Seen seen = co_await read_while_setting(seen_gaps, 0ms, false, 500ms);
  EXPECT_EQ(seen, (Seen{{2, 1300ms}, {3, 2200ms}}));
}

VIRTUAL_TEST(EventualValues, AHeldConditionReturnsTheCurrentValue) {
  AsyncValue<int> level{0};
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(200ms);
      level.set(2);
    });
    auto reader = level.eventual_values(is_even, held_for(500ms));
    const int number = co_await reader.next();
    EXPECT_EQ(number, 2);
    EXPECT_EQ(now() - start, 500ms);
  });
}

VIRTUAL_TEST(EventualValues, AValueThatCameAndWentInOneFrameIsNotRepeated) {
  AsyncValue<int> level{0};
  int rounds = 0;
  co_await move_on_after(1s, [&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        co_await sleep(100ms);
        level.set(1);
        level.set(0);
      });
      auto reader = level.eventual_values();
      for (;;) {
        co_await reader.next();
        ++rounds;
      }
    });
  });
  EXPECT_EQ(rounds, 1);
}

VIRTUAL_TEST(EventualValues, EveryRoundIsACheckpoint) {
  AsyncValue<int> level{0};
  const bool cut = co_await move_on_after(0s, [&]() -> Task<> {
    auto reader = level.eventual_values();
    for (;;) {
      const int number = co_await reader.next();
      level.set(number + 1);
    }
  });
  EXPECT_TRUE(cut);
  EXPECT_EQ(level.value(), 0);
}

VIRTUAL_TEST(EventualValues, LeavesTheValueTogetherWithTheObject) {
  AsyncValue<int> level{0};
  int calls = 0;
  {
    auto reader = level.eventual_values([&](int) {
      ++calls;
      return true;
    });
    co_await reader.next();
    EXPECT_EQ(level.condition_count(), 1u);
  }
  EXPECT_EQ(level.condition_count(), 0u);
  calls = 0;
  level.set(1);
  EXPECT_EQ(calls, 0);
}

VIRTUAL_TEST(EventualValues, ATimeLimitOnOneStepDoesNotEndTheReader) {
  AsyncValue<int> level{0};
  auto reader = level.eventual_values();
  co_await reader.next();
  const bool slow = co_await move_on_after(1s, [&]() -> Task<> { co_await reader.next(); });
  EXPECT_TRUE(slow);
  level.set(5);
  const int number = co_await reader.next();
  EXPECT_EQ(number, 5);
}

}  // namespace
}  // namespace hoiku
