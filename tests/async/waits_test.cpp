#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

VIRTUAL_TEST(Sleep, TakesExactlyItsTime) {
  const auto start = now();
  co_await sleep(250ms);
  EXPECT_EQ(now() - start, 250ms);
  co_await sleep_until(start + 1s);
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(Sleep, ATimeInThePastIsACheckpoint) {
  const auto start = now();
  int others = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      ++others;
      co_return;
    });
    co_await sleep_until(start - 1s);
    co_await sleep(0s);
    EXPECT_EQ(others, 1);
  });
  EXPECT_EQ(now(), start);
  EXPECT_THROW(sleep(-1s), std::invalid_argument);
}

VIRTUAL_TEST(Sleep, InACancelledScopeIsCancelled) {
  CancelScope scope;
  const auto start = now();
  co_await scope.run([&]() -> Task<> {
    scope.cancel();
    co_await sleep(10s);
    ADD_FAILURE();
  });
  EXPECT_TRUE(scope.cancelled_caught());
  EXPECT_EQ(now(), start);
}

VIRTUAL_TEST(Event, WakesEveryWaiterAndStaysSet) {
  Event event;
  int woken = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      nursery.start_soon([&]() -> Task<> {
        co_await event.wait();
        ++woken;
      });
    }
    co_await sim::settle();
    EXPECT_EQ(woken, 0);
    event.set();
  });
  EXPECT_EQ(woken, 3);
  co_await event.wait();
}

VIRTUAL_TEST(Event, ACancellationDoesNotTakeBackAWakeUp) {
  Event event;
  CancelScope scope;
  bool got = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await scope.run([&]() -> Task<> {
        co_await event.wait();
        got = true;
      });
    });
    co_await sim::settle();
    event.set();
    scope.cancel();
  });
  EXPECT_TRUE(got);
  EXPECT_FALSE(scope.cancelled_caught());
}

VIRTUAL_TEST(Event, ALaterSetDoesNotWakeACancelledWaiter) {
  Event event;
  CancelScope scope;
  bool got = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await scope.run([&]() -> Task<> {
        co_await event.wait();
        got = true;
      });
    });
    co_await sim::settle();
    scope.cancel();
    event.set();
  });
  EXPECT_FALSE(got);
  EXPECT_TRUE(scope.cancelled_caught());
}

VIRTUAL_TEST(Signal, ManyNotificationsBetweenTwoWaitsAreOne) {
  Signal signal;
  int rounds = 0;
  signal.notify();
  signal.notify();
  co_await move_on_after(1s, [&]() -> Task<> {
    for (;;) {
      co_await signal.wait();
      ++rounds;
    }
  });
  EXPECT_EQ(rounds, 1);
}

VIRTUAL_TEST(Signal, ASecondWaiterIsRefused) {
  Signal signal;
  bool refused = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> { co_await signal.wait(); });
    co_await sim::settle();
    try {
      co_await signal.wait();
    } catch (const std::logic_error&) {
      refused = true;
    }
    signal.notify();
  });
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace hoiku
