// A loop refuses what belongs to it on another thread, before it can corrupt the loop.
#include <gmock/gmock.h>

#include <string>
#include <thread>

#include "hoiku/async.hpp"
#include "tests/async/told_elsewhere.hpp"

namespace hoiku {
namespace {

using testing::HasSubstr;

Task<> nothing() { co_return; }
Task<> be_ready(TaskStatus<void> status) {
  status.started();
  co_return;
}

TEST(ForeignThread, StartsNoChild) {
  const int status = run([]() -> Task<> {
    co_await open_nursery([](Nursery& nursery) -> Task<> {
      const std::string sentence = "on a thread that does not run the nursery's loop";
      EXPECT_THAT(told_elsewhere([&] { nursery.start_soon(nothing); }), HasSubstr(sentence));
      EXPECT_THAT(told_elsewhere([&] { nursery.start_attendant(nothing); }), HasSubstr(sentence));
      EXPECT_THAT(told_elsewhere([&] { (void)nursery.start(be_ready); }), HasSubstr(sentence));
      const auto loop_of_its_own = [&] {
        run([&]() -> Task<bool> {
          nursery.start_soon(nothing);
          co_return true;
        });
      };
      EXPECT_THAT(told_elsewhere(loop_of_its_own), HasSubstr(sentence));
      co_return;
    });
  });
  EXPECT_EQ(status, 0);
}

TEST(ForeignThread, SetsNoValue) {
  AsyncValue<int> level{1};
  EXPECT_THAT(told_elsewhere([&] { level.set(2); }), HasSubstr("set() from a thread that does not own the value"));
  EXPECT_EQ(level.value(), 1);
}

void wake_from_another_thread() {
  run([]() -> Task<> {
    Event event;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> { co_await event.wait(); });
      co_await checkpoint();
      std::thread([&] { event.set(); }).join();
    });
  });
}

TEST(ForeignThreadDeathTest, AWakeEndsTheProgramWithASentence) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(wake_from_another_thread(), "a task is woken on a thread that does not run its loop");
}

}  // namespace
}  // namespace hoiku
