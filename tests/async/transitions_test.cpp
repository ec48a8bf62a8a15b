#include <gmock/gmock.h>

#include <vector>

#include "hoiku/async.hpp"
#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Pairs = std::vector<std::pair<int, int>>;  // old, new

// Returns the transitions that are queued now; it never waits for a set to come.
Task<Pairs> take_pending(Transitions<int>& reader) {
  Pairs taken;
  while (reader.pending() > 0) {
    const ValueTransition<int> change = co_await reader.next();
    taken.emplace_back(change.old_value, change.value);
  }
  co_return taken;
}

VIRTUAL_TEST(Transitions, ABusyReaderLosesNone) {
  AsyncValue<int> level{0};
  auto reader = level.transitions();
  for (int number = 1; number <= 100; ++number) level.set(number);  // all in one frame
  const Pairs seen = co_await take_pending(reader);
  EXPECT_EQ(seen.size(), 100u);
  for (int number = 1; number <= 100; ++number) {
    EXPECT_EQ(seen[static_cast<std::size_t>(number) - 1], (std::pair{number - 1, number}));
  }
}

VIRTUAL_TEST(Transitions, ReaderAndWriterAsTasksLoseNoneWhateverTheOrder) {
  AsyncValue<int> level{0};
  Pairs seen;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto reader = level.transitions();
    nursery.start_soon([&]() -> Task<> {
      for (int number = 1; number <= 1000; ++number) {
        level.set(number);
        co_await checkpoint();
      }
    });
    while (seen.size() < 1000) {
      const ValueTransition<int> change = co_await reader.next();
      seen.emplace_back(change.old_value, change.value);
    }
  });
  EXPECT_EQ(seen.front(), (std::pair{0, 1}));
  EXPECT_EQ(seen.back(), (std::pair{999, 1000}));
}

VIRTUAL_TEST(Transitions, BeginWithTheFirstSetAfterTheReaderWasMade) {
  AsyncValue<int> level{0};
  level.set(1);
  auto reader = level.transitions();
  level.set(2);
  level.set(2);  // no transition
  const Pairs seen = co_await take_pending(reader);
  EXPECT_THAT(seen, ElementsAre(std::pair(1, 2)));
}

VIRTUAL_TEST(Transitions, AFullQueueBecomesOneGapBeforeTheNextTransition) {
  AsyncValue<int> level{0};
  auto reader = level.transitions(queue_capacity(3));
  for (int number = 1; number <= 4; ++number) level.set(number);
  const ValueTransition<int> first = co_await reader.next();
  EXPECT_EQ(first.value, 4);
  EXPECT_EQ(first.old_value, 3);
  EXPECT_EQ(first.lagged, 3u);
  level.set(5);
  const ValueTransition<int> second = co_await reader.next();
  EXPECT_EQ(second.value, 5);
  EXPECT_EQ(second.lagged, 0u);
  EXPECT_EQ(reader.lagged(), 3u);
}

VIRTUAL_TEST(Transitions, TwoGapsBeforeTheReaderComesAddUpToOne) {
  AsyncValue<int> level{0};
  auto reader = level.transitions(queue_capacity(2));
  for (int number = 1; number <= 100; ++number) level.set(number);
  std::uint64_t given = 0;
  std::uint64_t missing = 0;
  int last = 0;
  while (reader.pending() > 0) {
    const ValueTransition<int> change = co_await reader.next();
    ++given;
    missing += change.lagged;
    last = change.value;
  }
  EXPECT_EQ(given + missing, 100u);
  EXPECT_EQ(last, 100);
}

VIRTUAL_TEST(Transitions, AConditionLeavesOutTransitionsThatDoNotMatch) {
  AsyncValue<int> level{0};
  auto high = level.transitions(value > 10);
  auto rising = level.transitions([](int now, int before) { return now > before; });
  auto even = level.transitions([](int now) { return now % 2 == 0; });
  for (const int number : {5, 12, 9, 20}) level.set(number);
  const Pairs seen_high = co_await take_pending(high);
  const Pairs seen_rising = co_await take_pending(rising);
  const Pairs seen_even = co_await take_pending(even);
  EXPECT_THAT(seen_high, ElementsAre(std::pair(5, 12), std::pair(9, 20)));
  EXPECT_THAT(seen_rising, ElementsAre(std::pair(0, 5), std::pair(5, 12), std::pair(9, 20)));
  EXPECT_THAT(seen_even, ElementsAre(std::pair(5, 12), std::pair(9, 20)));
}

VIRTUAL_TEST(Transitions, EqualConditionsAreEvaluatedOnce) {
  AsyncValue<int> level{0};
  auto first = level.transitions(value > 10);
  auto second = level.transitions(value > 10);
  EXPECT_EQ(level.condition_count(), 1u);
  {
    auto third = level.transitions(value > 11);
    EXPECT_EQ(level.condition_count(), 2u);
  }
  EXPECT_EQ(level.condition_count(), 1u);  // removed in the same frame
  co_return;
}

VIRTUAL_TEST(Transitions, AreReturnedIfTheyWereQueuedBeforeTheValueEnded) {
  auto level = std::make_unique<AsyncValue<int>>(0);
  auto reader = level->transitions();
  level->set(1);
  level.reset();
  const ValueTransition<int> change = co_await reader.next();
  EXPECT_EQ(change.value, 1);
  bool closed = false;
  try {
    co_await reader.next();
  } catch (const Closed&) {
    closed = true;
  }
  EXPECT_TRUE(closed);
}

VIRTUAL_TEST(Transitions, APredicateThatThrowsEndsItsOwnReaderOnly) {
  AsyncValue<int> level{0};
  auto faulty = level.transitions([](int now, int) {
    if (now == 2) throw std::runtime_error("two");
    return true;
  });
  auto healthy = level.transitions();
  level.set(1);
  level.set(2);
  const ValueTransition<int> before = co_await faulty.next();
  EXPECT_EQ(before.value, 1);
  std::string error;
  try {
    co_await faulty.next();
  } catch (const std::runtime_error& caught) {
    error = caught.what();
  }
  EXPECT_EQ(error, "two");
  EXPECT_EQ(healthy.pending(), 2u);
}

VIRTUAL_TEST(Transitions, ACancelledNextTakesNothing) {
  AsyncValue<int> level{0};
  auto reader = level.transitions();
  level.set(1);
  co_await move_on_after(0s, [&]() -> Task<> {
    co_await reader.next();
    ADD_FAILURE() << "a cancelled next() gave something";
  });
  EXPECT_EQ(reader.pending(), 1u);
}

VIRTUAL_TEST(Transitions, ComeOncePerTransactionOfAComposite) {
  AsyncValue<int> a{1};
  AsyncValue<int> b{2};
  auto both = compose_values(a, b);
  auto reader = both.transitions();
  transaction([&] {
    a.set(10);
    b.set(20);
  });
  EXPECT_EQ(reader.pending(), 1u);
  const ValueTransition<std::tuple<int, int>> change = co_await reader.next();
  EXPECT_EQ(change.old_value, (std::tuple{1, 2}));
  EXPECT_EQ(change.value, (std::tuple{10, 20}));
}

VIRTUAL_TEST(WaitTransition, IgnoresTheCurrentValue) {
  AsyncValue<int> level{7};
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(1s);
      level.set(8);
      level.set(7);
    });
    const auto start = now();
    const ValueTransition<int> change = co_await level.wait_transition(value == 7);
    EXPECT_EQ(now() - start, 1s);
    EXPECT_EQ(change.old_value, 8);
    EXPECT_EQ(change.value, 7);
  });
}

VIRTUAL_TEST(WaitTransition, ReturnsTheFirstOfSeveralInOneFrame) {
  AsyncValue<int> level{0};
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(1s);
      for (const int number : {21, 22, 0}) level.set(number);
    });
    const ValueTransition<int> change = co_await level.wait_transition();
    EXPECT_EQ(change.old_value, 0);
    EXPECT_EQ(change.value, 21);
  });
}

VIRTUAL_TEST(WaitTransition, APredicateMayLookAtTheOldValue) {
  AsyncValue<std::optional<int>> level{30};
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(1s);
      level.set(31);
      level.set(std::nullopt);
    });
    const auto gone = [](const std::optional<int>& after, const std::optional<int>& before) {
      return before && !after;
    };
    const ValueTransition<std::optional<int>> change = co_await level.wait_transition(gone);
    EXPECT_EQ(change.old_value, 31);
    EXPECT_EQ(change.value, std::nullopt);
  });
}

VIRTUAL_TEST(WaitTransition, LeavesNothingBehindWhenItIsCancelled) {
  AsyncValue<int> level{0};
  int calls = 0;
  const auto counted = [&](int, int) {
    ++calls;
    return false;
  };
  co_await move_on_after(1s, level.wait_transition(counted));
  EXPECT_EQ(level.condition_count(), 0u);
  level.set(1);
  EXPECT_EQ(calls, 0);
}

TEST(QueueCapacity, OfZeroIsRefused) { EXPECT_THROW(queue_capacity(0), std::invalid_argument); }

}  // namespace
}  // namespace hoiku
