#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

VIRTUAL_TEST(Periodic, KeepsItsRhythmWhateverTheWorkTakes) {
  const auto start = now();
  std::vector<Duration> begun, since;
  auto every = periodic(1500ms);
  for (int i = 0; i < 4; ++i) {
    const Round round = co_await every.next();
    EXPECT_EQ(round.elapsed, now() - start);
    EXPECT_EQ(round.number, static_cast<std::uint64_t>(i));
    EXPECT_EQ(round.since_last.has_value(), i > 0);
    begun.push_back(now() - start);
    since.push_back(round.since_last.value_or(0s));
    co_await sleep(123ms);
  }
  EXPECT_EQ(begun, (std::vector<Duration>{0s, 1500ms, 3s, 4500ms}));
  EXPECT_EQ(since, (std::vector<Duration>{0s, 1500ms, 1500ms, 1500ms}));
  EXPECT_EQ(every.missed(), 0u);
}

VIRTUAL_TEST(Periodic, ALateRoundBeginsAtOnceAndTheRhythmStays) {
  const auto start = now();
  std::vector<Duration> begun;
  auto every = periodic(1s);
  for (int i = 0; i < 5; ++i) {
    const Round round = co_await every.next();
    EXPECT_EQ(round.missed, 0u);
    begun.push_back(now() - start);
    if (i == 0) co_await sleep(1500ms);
  }
  EXPECT_EQ(begun, (std::vector<Duration>{0s, 1500ms, 2s, 3s, 4s}));
}

VIRTUAL_TEST(Periodic, MissedRoundsAreCountedAndSkipped) {
  const auto start = now();
  auto every = periodic(1s);
  co_await every.next();
  co_await sleep(3700ms);
  const Round late = co_await every.next();
  EXPECT_EQ(now() - start, 3700ms);
  EXPECT_EQ(late.number, 3u);
  EXPECT_EQ(late.missed, 2u);
  EXPECT_EQ(late.since_last, 3700ms);
  const Round next = co_await every.next();
  EXPECT_EQ(now() - start, 4s);
  EXPECT_EQ(next.missed, 0u);
  EXPECT_EQ(every.missed(), 2u);
}

VIRTUAL_TEST(Periodic, WorkThatTakesExactlyThePeriodMissesNothing) {
  const auto start = now();
  auto every = periodic(1s);
  for (int i = 0; i < 10; ++i) {
    co_await every.next();
    co_await sleep(1s);
  }
  EXPECT_EQ(now() - start, 10s);
  EXPECT_EQ(every.missed(), 0u);
}

VIRTUAL_TEST(Periodic, WithAFixedDelayEachRoundWaitsForAWholePeriod) {
  const auto start = now();
  std::vector<Duration> begun;
  auto every = periodic(1s, fixed_delay);
  for (int i = 0; i < 4; ++i) {
    const Round round = co_await every.next();
    EXPECT_EQ(round.number, static_cast<std::uint64_t>(i));
    EXPECT_EQ(round.missed, 0u);
    begun.push_back(now() - start);
    co_await sleep(i == 1 ? 5s : 500ms);
  }
  EXPECT_EQ(begun, (std::vector<Duration>{0s, 1500ms, 7500ms, 9s}));
}

VIRTUAL_TEST(Periodic, EveryRoundIsACheckpointEvenTheFirstAndALateOne) {
  auto fresh = periodic(1s);
  CancelScope scope;
  co_await scope.run([&]() -> Task<> {
    scope.cancel();
    co_await fresh.next();
    ADD_FAILURE();
  });
  EXPECT_TRUE(scope.cancelled_caught());

  auto late = periodic(1s);
  co_await late.next();
  co_await sleep(10s);
  CancelScope second;
  co_await second.run([&]() -> Task<> {
    second.cancel();
    co_await late.next();
    ADD_FAILURE();
  });
  EXPECT_TRUE(second.cancelled_caught());
}

VIRTUAL_TEST(Periodic, ANextThatIsCancelledLosesNothing) {
  const auto start = now();
  auto every = periodic(2s);
  co_await every.next();
  EXPECT_TRUE(co_await move_on_after(500ms, every.next()));
  const Round round = co_await every.next();
  EXPECT_EQ(now() - start, 2s);
  EXPECT_EQ(round.number, 1u);
}

VIRTUAL_TEST(Periodic, BeginsWithItsFirstRoundNotWhenItWasMade) {
  auto every = periodic(1s);
  co_await sleep(10s);
  const auto start = now();
  const Round first = co_await every.next();
  EXPECT_EQ(first.elapsed, 0s);
  co_await every.next();
  EXPECT_EQ(now() - start, 1s);
  EXPECT_EQ(every.missed(), 0u);
}

TEST(Periodic, APeriodOfZeroOrLessIsRefused) {
  EXPECT_THROW(periodic(0s), std::invalid_argument);
  EXPECT_THROW(periodic(-1s), std::invalid_argument);
  EXPECT_EQ(periodic(1s).period(), 1s);
}

}  // namespace
}  // namespace hoiku
