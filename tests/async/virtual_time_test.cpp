#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

Task<> hang() {
  Event never_set;
  co_await never_set.wait();
}

TEST(VirtualTime, ADeadlockIsAnErrorThatSaysWhatEachTaskWaitsFor) {
  try {
    sim::run_virtual_or_throw(hang);
    FAIL() << "a deadlock must not pass";
  } catch (const sim::Deadlock& deadlock) {
    EXPECT_NE(std::string(deadlock.what()).find("Event::wait"), std::string::npos) << deadlock.what();
  }
}

TEST(VirtualTime, ADayPassesInNoTime) {
  EXPECT_EQ(sim::run_virtual([]() -> Task<> { co_await sleep(24h); }), 0);
}

TEST(VirtualTime, AnErrorIsStatusOne) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(sim::run_virtual(
                []() -> Task<> {
                  throw std::runtime_error("broken");
                  co_return;
                },
                sim::seed(9)),
            1);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "error: broken\nseed: 9\n");
}

std::vector<int> order_under(std::optional<sim::Seed> seed) {
  std::vector<int> order;
  sim::run_virtual_or_throw(
      [&]() -> Task<> {
        co_await open_nursery([&](Nursery& nursery) -> Task<> {
          for (int i = 0; i < 10; ++i) {
            nursery.start_soon(
                [&order](int number) -> Task<> {
                  order.push_back(number);
                  co_return;
                },
                i);
          }
          co_return;
        });
      },
      seed);
  return order;
}

TEST(VirtualTime, TheSeedDecidesTheOrderAndWithoutOneItIsFifo) {
  EXPECT_EQ(order_under({}), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(order_under(sim::seed(3)), order_under(sim::seed(3)));
  EXPECT_NE(order_under(sim::seed(3)), order_under(sim::seed(4)));
}

VIRTUAL_TEST(Settle, ReturnsWhenEveryOtherTaskIsBlockedBeforeTimeMoves) {
  const auto start = now();
  int steps = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      for (int i = 0; i < 5; ++i) {
        ++steps;
        co_await checkpoint();
      }
      co_await sleep(5s);
    });
    co_await sim::settle();
    EXPECT_EQ(steps, 5);
    EXPECT_EQ(now(), start);
  });
}

TEST(VirtualTime, AFunctionThatTakesANurseryGetsOne) {
  TimePoint ended{};
  const auto main = [&](Nursery& nursery) -> Task<> {
    const auto child = [&]() -> Task<> {
      co_await sleep(1h);
      ended = now();
    };
    nursery.start_soon(child);
    co_return;
  };
  EXPECT_EQ(sim::run_virtual(main), 0);
  EXPECT_NE(ended, TimePoint{});
  sim::run_virtual_or_throw(main, sim::seed(7));
}

}  // namespace
}  // namespace hoiku
