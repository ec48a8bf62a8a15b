#include <memory>

#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using tests::fail_after_sleep;
using tests::nap;

Task<std::string> say_after(Duration d, std::string what) {
  co_await sleep(d);
  co_return what;
}

VIRTUAL_TEST(WaitAny, SaysWhoWonWithTheValueAndCancelsTheOthers) {
  const auto start = now();
  const auto first = co_await wait_any(say_after(5s, "slow"), say_after(1s, "quick"), sleep(10s));
  EXPECT_EQ(now() - start, 1s);
  EXPECT_EQ(first.index(), 1u);
  EXPECT_EQ(first.get<0>(), std::nullopt);
  EXPECT_EQ(first.get<1>(), "quick");
  EXPECT_FALSE(first.get<2>());
}

VIRTUAL_TEST(WaitAny, TakesTasksClosuresFunctionsAndOtherAwaitables) {
  AsyncValue<int> mood(0);
  Event event;
  const auto wag = []() -> Task<int> { co_return 7; };
  auto [wagged, felt, happened] = co_await wait_any(wag, mood.wait_value(value > 3), event.wait());
  EXPECT_EQ(wagged, 7);
  EXPECT_FALSE(felt);
  EXPECT_FALSE(happened);

  event.set();
  auto [again, late] = co_await wait_any(event.wait(), [&]() -> Task<> { co_await sleep(1s); });
  EXPECT_TRUE(again);
  EXPECT_FALSE(late);
}

VIRTUAL_TEST(WaitAny, ResultsOfTheSameInstantAllCount) {
  AsyncValue<int> mood(0);
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      auto [high, changed, late] = co_await wait_any(mood.wait_value(value > 3), mood.wait_value(value != 0), nap(10s));
      EXPECT_EQ(high, 5);
      EXPECT_EQ(changed, 5);
      EXPECT_FALSE(late);
    });
    co_await sim::settle();
    mood.set(5);
  });
}

VIRTUAL_TEST(WaitAny, OneOfTwoSleepsThatEndTogetherWins) {
  auto [one, other] = co_await wait_any(sleep(1s), sleep(1s));
  EXPECT_NE(one, other);
}

VIRTUAL_TEST(WaitAny, WaitsForTheLosersCleanup) {
  const auto start = now();
  const auto loser = []() -> Task<> {
    try {
      co_await sleep(100s);
    } catch (const Cancelled&) {
    }
    co_await shield(nap, 3s);
  };
  auto [won, cleaned_up] = co_await wait_any(nap(1s), loser);
  EXPECT_TRUE(won);
  EXPECT_TRUE(cleaned_up);  // it swallowed the cancellation, so it has ended too
  EXPECT_EQ(now() - start, 4s);
}

VIRTUAL_TEST(WaitAny, ALoserRunsItsFirstFrame) {
  bool ran = false;
  const auto at_once = []() -> Task<> { co_return; };
  co_await wait_any(at_once, [&]() -> Task<> {
    ran = true;
    co_await sleep(1s);
  });
  EXPECT_TRUE(ran);
}

VIRTUAL_TEST(WaitAny, AnErrorCancelsAllAndComesInAGroup) {
  const auto start = now();
  std::string error;
  try {
    co_await wait_any(fail_after_sleep(1s, "broken"), nap(10s));
  } catch (const ExceptionGroup& group) {
    error = group.what();
  }
  EXPECT_EQ(error, "1 error: broken");
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(WaitAny, IsCancelledFromOutside) {
  const auto start = now();
  const bool late = co_await move_on_after(1s, wait_any(nap(10s), nap(20s)));
  EXPECT_TRUE(late);
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(WaitAny, AResultIsNotTakenBackByACancellationDuringTheCleanup) {
  std::optional<std::string> got;
  CancelScope scope;
  scope.set_deadline(now() + 2s);
  co_await scope.run([&]() -> Task<> {
    const auto loser = []() -> Task<> {
      co_await shield(nap, 3s);
      co_await sleep(100s);
    };
    auto [message, other] = co_await wait_any(say_after(1s, "message"), loser);
    got = std::move(message);
    co_await checkpoint();
    ADD_FAILURE();
  });
  EXPECT_EQ(got, "message");
  EXPECT_TRUE(scope.cancelled_caught());
}

VIRTUAL_TEST(WaitAny, CarriesMoveOnlyResults) {
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  auto [made, late] = co_await wait_any(make, sleep(1s));
  EXPECT_EQ(**made, 7);
  const std::unique_ptr<int> kept = std::move(*made);
  EXPECT_EQ(*kept, 7);
}

VIRTUAL_TEST(WaitAll, ReturnsAllResultsInTheOrderOfTheArguments) {
  const auto start = now();
  auto [slow, nothing, quick] = co_await wait_all(say_after(2s, "slow"), sleep(3s), say_after(1s, "quick"));
  EXPECT_EQ(slow, "slow");
  EXPECT_EQ(quick, "quick");
  EXPECT_EQ(nothing, std::monostate());
  EXPECT_EQ(now() - start, 3s);
}

VIRTUAL_TEST(WaitAll, ReturnsNothingIfNoWaitHasAValue) {
  const auto start = now();
  Event event;
  static_assert(std::is_same_v<decltype(wait_all(nap(1s), event.wait())), Task<>>);
  co_await wait_all([&]() -> Task<> { co_await sleep(1s); }, nap(2s));
  EXPECT_EQ(now() - start, 2s);
}

VIRTUAL_TEST(WaitAll, AnErrorCancelsTheOthersAndAllErrorsComeInAGroup) {
  const auto start = now();
  std::string error;
  const auto fails_in_cleanup = []() -> Task<> {
    try {
      co_await sleep(100s);
    } catch (const Cancelled&) {
    }
    throw std::runtime_error("also broken");
  };
  try {
    co_await wait_all(fail_after_sleep(1s, "broken"), fails_in_cleanup, nap(10s));
  } catch (const ExceptionGroup& group) {
    error = group.what();
  }
  EXPECT_EQ(error, "2 errors: broken; also broken");
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(FailAfter, ReturnsTheResultOfAnyAwaitable) {
  const std::string said = co_await fail_after(2s, say_after(1s, "in time"));
  EXPECT_EQ(said, "in time");
}

}  // namespace
}  // namespace hoiku
