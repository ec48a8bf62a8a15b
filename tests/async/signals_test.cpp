// Signals end a run, and a run takes signals and gives them back. No test waits for a real duration.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <thread>

#include "hoiku/async.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::ExitedWithCode;
using testing::KilledBySignal;

// Sets what a signal does, for a test.
class Disposition {
 public:
  Disposition(int number, void (*what)(int)) : number_(number), before_(std::signal(number, what)) {}
  ~Disposition() { std::signal(number_, before_); }
  Disposition(const Disposition&) = delete;
  Disposition& operator=(const Disposition&) = delete;

 private:
  int number_;
  void (*before_)(int);
};

auto handler_of(int number) {
  struct sigaction present {};
  ::sigaction(number, nullptr, &present);
  return present.sa_handler;
}

std::atomic<int> mine_called = 0;
void mine(int) { ++mine_called; }

Task<> wait_for_ever() {
  Event never_set;
  co_await never_set.wait();
}

Task<> until_signalled(int signal, CancelSource& why) {
  std::exception_ptr cancelled;
  try {
    std::raise(signal);
    co_await wait_for_ever();
  } catch (const Cancelled& reason) {
    why = reason.reason().source;
    cancelled = std::current_exception();
  }
  co_await shield(sleep(1ms));  // the cleanup may wait
  std::rethrow_exception(cancelled);
}

int status_after(int signal) {
  CancelSource why{};
  return run([&]() -> Task<> { co_await until_signalled(signal, why); });
}

TEST(Signals, EachThatAsksForTheEndCancelsAndIsInTheStatus) {
  const std::pair<int, CancelSource> sources[] = {
      {SIGINT, CancelSource::keyboard_interrupt}, {SIGTERM, CancelSource::shutdown}, {SIGHUP, CancelSource::hangup}};
  for (const auto& each : sources) {
    const int signal = each.first;
    CancelSource why{};
    EXPECT_EQ(run([&]() -> Task<> { co_await until_signalled(signal, why); }), 128 + signal);
    EXPECT_EQ(why, each.second);
  }
}

TEST(Signals, AreAsBeforeAfterARun) {
  const Disposition interrupt(SIGINT, mine);
  const Disposition terminate(SIGTERM, SIG_DFL);
  EXPECT_EQ(run([]() -> Task<> {
              EXPECT_NE(handler_of(SIGINT), mine);
              co_return;
            }),
            0);
  EXPECT_EQ(handler_of(SIGINT), mine);
  EXPECT_EQ(handler_of(SIGTERM), SIG_DFL);
  EXPECT_EQ(status_after(SIGTERM), 128 + SIGTERM);
  EXPECT_EQ(handler_of(SIGTERM), SIG_DFL);
}

TEST(Signals, WhatAProgramTakesDuringARunStaysItsOwn) {
  const Disposition interrupt(SIGINT, SIG_DFL);
  run([]() -> Task<> {
    std::signal(SIGINT, mine);
    co_return;
  });
  EXPECT_EQ(handler_of(SIGINT), mine);
}

// As after nohup, and for a background job of a script.
TEST(Signals, WhatIsIgnoredStaysIgnored) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const Disposition ignored(signal, SIG_IGN);
    EXPECT_EQ(run([&]() -> Task<> {
                std::raise(signal);
                co_await sleep(1ms);
              }),
              0);
    EXPECT_EQ(handler_of(signal), SIG_IGN);
  }
}

TEST(Signals, CanBeLeftToTheProgram) {
  const Disposition interrupt(SIGINT, mine);
  mine_called = 0;
  const auto main = [](int number) -> Task<> {
    std::raise(number);
    co_await sleep(1ms);
  };
  EXPECT_EQ(run(leave_signals, main, SIGINT), 0);
  EXPECT_EQ(mine_called, 1);
  EXPECT_EQ(run(leave_signals, []() -> Task<int> { co_return 7; }), 7);
}

TEST(Signals, OneReachesTheLoopsOfAllThreads) {
  const Disposition terminate(SIGTERM, SIG_DFL);
  std::latch running(3);
  const auto loop = [&](int& status) {
    status = run([&]() -> Task<> {
      running.count_down();
      co_await wait_for_ever();
    });
  };
  int first = 0;
  int second = 0;
  std::thread one(loop, std::ref(first));
  std::thread two(loop, std::ref(second));
  running.arrive_and_wait();
  ::kill(::getpid(), SIGTERM);
  one.join();
  two.join();
  EXPECT_EQ(first, 128 + SIGTERM);
  EXPECT_EQ(second, 128 + SIGTERM);
  EXPECT_EQ(handler_of(SIGTERM), SIG_DFL);
}

// A cleanup that waits for another thread has no timer and no socket in the loop, which must not end or spin.
TEST(Signals, ACleanupMayWaitForAnotherThread) {
  bool cleaned = false;
  EXPECT_EQ(run([&]() -> Task<> {
              Event posted;
              boost::asio::io_context& loop = current_io_context();
              std::raise(SIGTERM);
              bool cancelled = false;
              try {
                co_await wait_for_ever();
              } catch (const Cancelled&) {
                cancelled = true;
              }
              EXPECT_TRUE(cancelled);
              std::thread poster([&] { boost::asio::post(loop, [&] { posted.set(); }); });
              co_await shield(posted.wait());
              poster.join();
              cleaned = true;
            }),
            128 + SIGTERM);
  EXPECT_TRUE(cleaned);
}

// ---- Ends of processes

class ProcessEnds : public testing::Test {
 protected:
  ProcessEnds() { testing::GTEST_FLAG(death_test_style) = "threadsafe"; }
};
using SignalsDeathTest = ProcessEnds;

TEST_F(SignalsDeathTest, AProgramThatReturnsTheStatusDiesOfItsSignalAfterItsCleanup) {
  const auto end_by = [](int signal) {
    std::atexit([] { std::fputs("at exit\n", stderr); });
    std::exit(status_after(signal));
  };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) EXPECT_EXIT(end_by(signal), KilledBySignal(signal), "^at exit\n$");
}

TEST_F(SignalsDeathTest, AProgramThatReturnsAnotherStatusEndsWithThat) {
  EXPECT_EXIT((status_after(SIGINT), std::exit(3)), ExitedWithCode(3), "");
}

TEST_F(SignalsDeathTest, AProgramThatDoesNotCatchTheCancellationOfATaskWithAResultDiesOfTheSignalToo) {
  const auto uncaught = [] {
    std::thread([] {
      run([]() -> Task<int> {
        CancelSource why{};
        co_await until_signalled(SIGTERM, why);
        co_return 5;
      });
    }).join();
  };
  EXPECT_EXIT(uncaught(), KilledBySignal(SIGTERM), "^$");
}

// The loop never runs between the two signals, as if it were stuck.
TEST_F(SignalsDeathTest, ASecondSignalEndsAtOnce) {
  const auto twice = [](int first, int second) {
    run([=]() -> Task<> {
      std::raise(first);
      std::raise(second);
      co_return;
    });
    std::exit(0);
  };
  EXPECT_EXIT(twice(SIGINT, SIGINT), KilledBySignal(SIGINT), "");
  EXPECT_EXIT(twice(SIGINT, SIGTERM), KilledBySignal(SIGTERM), "");
  // A terminal that closes sends several, and systemd sends one after SIGTERM.
  EXPECT_EXIT(twice(SIGHUP, SIGHUP), ExitedWithCode(0), "");
  EXPECT_EXIT(twice(SIGTERM, SIGHUP), ExitedWithCode(0), "");
  EXPECT_EXIT(twice(SIGHUP, SIGTERM), ExitedWithCode(0), "");
}

TEST_F(SignalsDeathTest, StraySignalsKillNobody) {
  const auto stray = [] {
    ignore_stray_signals();
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2}) std::raise(signal);
    std::exit(0);
  };
  EXPECT_EXIT(stray(), ExitedWithCode(0), "");
  const Disposition own(SIGUSR1, mine);
  ignore_stray_signals();
  EXPECT_EQ(handler_of(SIGUSR1), mine);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGUSR2}) std::signal(signal, SIG_DFL);
}

TEST_F(SignalsDeathTest, NoSocketTakesThePlaceOfAClosedStandardDescriptor) {
  const auto without = [](int descriptor) {
    ::close(descriptor);
    run([=]() -> Task<> {
      char byte = 0;
      const bool works = descriptor == 0 ? ::read(0, &byte, 1) >= 0 : ::write(descriptor, &byte, 1) >= 0;
      std::exit(::fcntl(descriptor, F_GETFD) == -1 ? 1 : works ? 2 : 0);
      co_return;
    });
  };
  for (const int descriptor : {0, 1, 2}) EXPECT_EXIT(without(descriptor), ExitedWithCode(0), "");
}

}  // namespace
}  // namespace hoiku
