// Rings of other threads reach the loop: none is lost, and none comes after the doorbell has ended.
#include "hoiku/async/doorbell.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "hoiku/async.hpp"
#include "hoiku/testing/virtual_time.hpp"

namespace hoiku {
namespace {

TEST(Doorbell, NoRingOfAnyThreadIsLost) {
  constexpr int threads = 4;
  constexpr int rings = 10'000;
  std::atomic<int> done = 0;
  const int status = run([&]() -> Task<> {
    Signal rung;
    const std::thread::id loop = std::this_thread::get_id();
    const Doorbell bell([&] {
      EXPECT_EQ(std::this_thread::get_id(), loop);
      rung.notify();
    });
    std::vector<std::jthread> ringing;
    for (int i = 0; i < threads; ++i) {
      ringing.emplace_back([&done, button = bell.button()] {
        for (int ring = 0; ring < rings; ++ring) {
          ++done;
          button.ring();
        }
      });
    }
    // Each wait needs a ring that came after the last count: a lost ring hangs this test.
    while (done < threads * rings) co_await rung.wait();
  });
  EXPECT_EQ(status, 0);
}

TEST(Doorbell, AButtonMayOutliveTheBellAndTheLoop) {
  Doorbell::Button button;
  button.ring();
  int answers = 0;
  run([&]() -> Task<> {
    {
      const Doorbell bell([&] { ++answers; });
      button = bell.button();
      std::thread([button] { button.ring(); }).join();
    }
    // The ring is pending when its bell ends.
    for (int turn = 0; turn < 10; ++turn) co_await checkpoint();
    EXPECT_EQ(answers, 0);
    button.ring();
  });
  button.ring();
  std::thread([button] { button.ring(); }).join();
  EXPECT_EQ(answers, 0);
}

TEST(Doorbell, ARingOfTheLoopsOwnThreadIsAnsweredAtOnce) {
  const int status = sim::run_virtual([]() -> Task<> {
    Signal rung;
    int answers = 0;
    const Doorbell bell([&] {
      ++answers;
      rung.notify();
    });
    bell.button().ring();
    EXPECT_EQ(answers, 1);
    co_await rung.wait();
  });
  EXPECT_EQ(status, 0);
}

TEST(Doorbell, ALoopWithoutOtherWorkIsStillWoken) {
  std::jthread ringing;
  const int status = run([&]() -> Task<> {
    Signal rung;
    const Doorbell bell([&] { rung.notify(); });
    // After its signal the loop has no work of its own at the system: only the doorbell can wake it.
    std::raise(SIGTERM);
    co_await shield([&]() -> Task<> {
      co_await sleep(std::chrono::milliseconds(1));
      ringing = std::jthread([button = bell.button()] { button.ring(); });
      co_await rung.wait();
    });
  });
  EXPECT_EQ(status, 128 + SIGTERM);
}

TEST(Doorbell, OutsideOfARunIsRefused) {
  EXPECT_THROW(Doorbell([] {}), std::logic_error);
}

}  // namespace
}  // namespace hoiku
