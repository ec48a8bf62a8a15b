// Cancel scopes and time limits follow the rules of Trio (docs/semantics.md).
#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using tests::nap;

VIRTUAL_TEST(CancelScope, CancelIsLevelTriggered) {
  int caught = 0;
  const bool cut = co_await move_on_after(10ms, [&]() -> Task<> {
    for (int i = 0; i < 3; ++i) {
      try {
        co_await sleep(10s);
      } catch (const Cancelled&) {
        ++caught;
      }
    }
    co_await sleep(10s);
    ADD_FAILURE() << "a swallowed Cancelled must come again";
  });
  EXPECT_TRUE(cut);
  EXPECT_EQ(caught, 3);
}

VIRTUAL_TEST(CancelScope, CancelledIsNotAStandardException) {
  bool seen = false;
  co_await move_on_after(1ms, [&]() -> Task<> {
    try {
      co_await sleep(1s);
    } catch (const std::exception&) {
      seen = true;
    }
  });
  EXPECT_FALSE(seen);
}

VIRTUAL_TEST(CancelScope, WithoutAPointOfCancellationItEndsNormally) {
  CancelScope scope;
  const bool caught = co_await scope.run([&]() -> Task<> {
    scope.cancel();
    co_return;
  });
  EXPECT_FALSE(caught);
  EXPECT_TRUE(scope.cancel_called());
  EXPECT_FALSE(scope.cancelled_caught());
}

VIRTUAL_TEST(CancelScope, ASecondCancelDoesNothing) {
  CancelScope scope;
  co_await scope.run([&]() -> Task<> {
    scope.cancel("first");
    scope.cancel("second");
    std::string reason;
    try {
      co_await checkpoint();
    } catch (const Cancelled& cancelled) {
      reason = cancelled.reason().text;
    }
    EXPECT_EQ(reason, "first");
    co_await checkpoint();
  });
  EXPECT_TRUE(scope.cancelled_caught());
}

VIRTUAL_TEST(CancelScope, EnteringTwiceIsRefused) {
  CancelScope scope;
  co_await scope.run(nap, 1ms);
  bool refused = false;
  try {
    co_await scope.run(nap, 1ms);
  } catch (const std::logic_error&) {
    refused = true;
  }
  EXPECT_TRUE(refused);
}

VIRTUAL_TEST(CancelScope, AShieldHidesTheOutsideOnly) {
  CancelScope outer;
  int steps = 0;
  co_await outer.run([&]() -> Task<> {
    outer.cancel();
    co_await shield([&]() -> Task<> {
      co_await checkpoint();
      co_await sleep(1s);
      ++steps;
      const bool inner = co_await move_on_after(1s, nap, 10s);
      EXPECT_TRUE(inner);
      ++steps;
    });
    ++steps;
    co_await checkpoint();
    ++steps;
  });
  EXPECT_EQ(steps, 3);
  EXPECT_TRUE(outer.cancelled_caught());
}

VIRTUAL_TEST(CancelScope, APendingCancellationStrikesWhenTheShieldIsTakenAway) {
  CancelScope outer, inner;
  inner.set_shield(true);
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> { co_await outer.run([&]() -> Task<> { co_await inner.run(nap, 100s); }); });
    co_await sleep(1s);
    outer.cancel();
    co_await sleep(1s);
    inner.set_shield(false);
  });
  EXPECT_EQ(now() - start, 2s);
  EXPECT_FALSE(inner.cancelled_caught());
  EXPECT_TRUE(outer.cancelled_caught());
}

VIRTUAL_TEST(TimeLimit, CountsFromTheEntryAndCutsExactly) {
  const auto start = now();
  auto limited = move_on_after(5s, nap, 60s);
  co_await sleep(3s);
  const bool cut = co_await limited;
  EXPECT_TRUE(cut);
  EXPECT_EQ(now() - start, 8s);
}

VIRTUAL_TEST(TimeLimit, ASleepThatEndsWithItLoses) {
  const bool cut = co_await move_on_after(1s, nap, 1s);
  EXPECT_TRUE(cut);
}

VIRTUAL_TEST(TimeLimit, TheOuterOfTwoThatEndTogetherAbsorbs) {
  bool inner = true;
  const bool outer = co_await move_on_after(1s, [&]() -> Task<> { inner = co_await move_on_after(1s, nap, 9s); });
  EXPECT_TRUE(outer);
  EXPECT_TRUE(inner) << "the inner block must not have been left normally";
}

VIRTUAL_TEST(TimeLimit, AZeroLimitCutsAtTheFirstWait) {
  int steps = 0;
  const bool cut = co_await move_on_after(0s, [&]() -> Task<> {
    ++steps;
    co_await checkpoint();
    ++steps;
  });
  EXPECT_TRUE(cut);
  EXPECT_EQ(steps, 1);
}

VIRTUAL_TEST(TimeLimit, OfLessThanZeroIsRefused) {
  bool refused = false;
  try {
    co_await move_on_after(-1s, nap, 1s);
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  EXPECT_TRUE(refused);
}

VIRTUAL_TEST(TimeLimit, ALaterDeadlineKeepsTheBlockAlive) {
  CancelScope scope(now() + 1s);
  const bool cut = co_await scope.run([&]() -> Task<> {
    scope.set_deadline(never);
    co_await sleep(10s);
  });
  EXPECT_FALSE(cut);
}

VIRTUAL_TEST(TimeLimit, ALaterDeadlineDoesNotReviveACancelledBlock) {
  CancelScope scope(now() + 1s);
  co_await scope.run([&]() -> Task<> {
    try {
      co_await sleep(10s);
    } catch (const Cancelled& cancelled) {
      EXPECT_EQ(cancelled.reason().source, CancelSource::deadline);
    }
    scope.set_deadline(never);
    co_await checkpoint();
    ADD_FAILURE();
  });
  EXPECT_TRUE(scope.cancelled_caught());
}

VIRTUAL_TEST(TimeLimit, CancelCalledIsTrueOnceTheDeadlineHasPassed) {
  CancelScope scope(now() + 1s);
  co_await scope.run([&]() -> Task<> {
    EXPECT_FALSE(scope.cancel_called());
    co_await shield(nap, 2s);
    EXPECT_TRUE(scope.cancel_called());
  });
  EXPECT_FALSE(scope.cancelled_caught());
}

Task<int> answer(Duration after) {
  co_await sleep(after);
  co_return 42;
}

VIRTUAL_TEST(FailAfter, ReturnsTheResultOfABodyInTime) {
  const int result = co_await fail_after(2s, answer, 1s);
  EXPECT_EQ(result, 42);
}

VIRTUAL_TEST(FailAfter, ThrowsIfTheBodyWasCutShort) {
  bool slow = false;
  try {
    co_await fail_after(1s, answer, 2s);
  } catch (const TooSlowError&) {
    slow = true;
  }
  EXPECT_TRUE(slow);
}

VIRTUAL_TEST(FailAfter, TheBodysOwnErrorStays) {
  std::string what;
  try {
    co_await fail_after(1s, [&]() -> Task<> {
      try {
        co_await sleep(2s);
      } catch (const Cancelled&) {
        throw std::runtime_error("cleanup failed");
      }
    });
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "cleanup failed");
}

VIRTUAL_TEST(MoveOnAfter, TakesATaskASleepOrAnEventAsItsBody) {
  Event event;
  const bool slept = co_await move_on_after(1s, sleep(2s));
  EXPECT_TRUE(slept);
  const bool waited = co_await move_on_after(1s, event.wait());
  EXPECT_TRUE(waited);
  const bool answered = co_await move_on_after(2s, answer(1s));
  EXPECT_FALSE(answered);
}

VIRTUAL_TEST(EffectiveDeadline, IsTheEarliestUpToTheNearestShield) {
  const auto start = now();
  co_await move_on_after(10s, [&]() -> Task<> {
    co_await move_on_after(100s, [&]() -> Task<> {
      const auto deadline = co_await current_effective_deadline();
      EXPECT_EQ(deadline, start + 10s);
    });
    co_await shield([&]() -> Task<> {
      const auto deadline = co_await current_effective_deadline();
      EXPECT_EQ(deadline, never);
    });
  });
}

VIRTUAL_TEST(MoveOnWhen, TheTriggerCutsTheBodyShort) {
  const auto start = now();
  const bool cut = co_await move_on_when(nap(1s), nap, 10s);
  EXPECT_TRUE(cut);
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(MoveOnWhen, TheBodysEndCancelsTheTrigger) {
  const auto start = now();
  const bool cut = co_await move_on_when(nap(10s), nap, 1s);
  EXPECT_FALSE(cut);
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(MoveOnWhen, TheTriggerRunsItsFirstFrameEvenBesideAnEmptyBody) {
  bool started = false;
  const auto trigger = [&]() -> Task<> {
    started = true;
    co_await sleep(1s);
  };
  const bool cut = co_await move_on_when(trigger, []() -> Task<> { co_return; });
  EXPECT_FALSE(cut);
  EXPECT_TRUE(started);
}

VIRTUAL_TEST(MoveOnWhen, TheBodysErrorIsBareAndTheTriggersComesInAGroup) {
  bool bare = false, grouped = false;
  const auto fail = []() -> Task<> {
    co_await sleep(1s);
    throw std::runtime_error("failed");
  };
  try {
    co_await move_on_when(nap(10s), fail);
  } catch (const std::runtime_error&) {
    bare = true;
  }
  try {
    co_await move_on_when(fail, nap, 10s);
  } catch (const ExceptionGroup& group) {
    grouped = group.errors().size() == 1;
  }
  EXPECT_TRUE(bare);
  EXPECT_TRUE(grouped);
}

VIRTUAL_TEST(MoveOnWhen, CancellationFromOutsidePassesThrough) {
  const auto start = now();
  bool after = false;
  const bool outer = co_await move_on_after(1s, [&]() -> Task<> {
    co_await move_on_when(nap(5s), nap, 10s);
    after = true;
  });
  EXPECT_TRUE(outer);
  EXPECT_FALSE(after);
  EXPECT_EQ(now() - start, 1s);
}

}  // namespace
}  // namespace hoiku
