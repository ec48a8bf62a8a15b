// run() on the machine's clock: results and errors. No test waits for a real duration.
#include <gtest/gtest.h>

#include "hoiku/async.hpp"

namespace hoiku {
namespace {

TEST(Run, ReturnsTheTasksResultOrThrowsItsError) {
  EXPECT_EQ(run([]() -> Task<int> { co_return 8; }), 8);
  EXPECT_EQ(run([](int n) -> Task<int> { co_return n; }, 9), 9);
  EXPECT_THROW(run([]() -> Task<int> {
                 throw std::runtime_error("bare");
                 co_return 0;
               }),
               std::runtime_error);
}

Task<> start_two(Nursery& nursery, int& ended) {
  const auto child = [](int& counted) -> Task<> {
    co_await checkpoint();
    ++counted;
  };
  nursery.start_soon(child, std::ref(ended));
  nursery.start_soon(child, std::ref(ended));
  co_return;
}

TEST(Run, AFunctionThatTakesANurseryGetsOneThatEndsWithTheRun) {
  int ended = 0;
  EXPECT_EQ(run(start_two, ended), 0);
  EXPECT_EQ(ended, 2);
  const int result = run(
      [](Nursery& nursery, int n) -> Task<int> {
        nursery.start_soon([]() -> Task<> { co_return; });
        co_return n + 1;
      },
      7);
  EXPECT_EQ(result, 8);
}

TEST(Run, AnErrorInItsNurseryIsPrintedAsOfAnyOther) {
  ::testing::internal::CaptureStderr();
  const int status = run([](Nursery&) -> Task<> {
    throw std::runtime_error("fell");
    co_return;
  });
  EXPECT_EQ(status, 1);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "error: fell\n");
}

TEST(Run, PrintsEveryLeafOfAnErrorAndReturnsOne) {
  ::testing::internal::CaptureStderr();
  const int status = run([]() -> Task<> {
    co_await open_nursery([](Nursery& nursery) -> Task<> {
      nursery.start_soon([]() -> Task<> {
        throw std::runtime_error("one");
        co_return;
      });
      nursery.start_soon([]() -> Task<> {
        throw std::runtime_error("two");
        co_return;
      });
      co_return;
    });
  });
  EXPECT_EQ(status, 1);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "error: one\nerror: two\n");
}

TEST(Run, InsideOfARunIsRefused) {
  EXPECT_THROW(run([]() -> Task<int> { co_return run([]() -> Task<int> { co_return 1; }); }), std::logic_error);
}

}  // namespace
}  // namespace hoiku
