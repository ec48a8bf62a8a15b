// The promises of Task. The deep chains run at -O0 and under sanitizers too, where no call is a tail call.
#include <memory>
#include <string>

#include "virtual_test.hpp"

namespace hoiku {
namespace {

Task<int> leaf(int number) { co_return number; }
Task<int> failing() {
  throw std::runtime_error("leaf");
  co_return 0;
}

VIRTUAL_TEST(Task, AMillionTasksThatFinishAtOnceNeedNoStack) {
  long sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += co_await leaf(1);
  EXPECT_EQ(sum, 1'000'000);
}

VIRTUAL_TEST(Task, AnErrorComesOutOfTheAwait) {
  std::string what;
  try {
    co_await failing();
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "leaf");
}

VIRTUAL_TEST(Task, ATaskThatIsNeverAwaitedRunsNothingAndLeaksNothing) {
  auto owned = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> held) -> Task<> {
    *held = 2;
    co_return;
  };
  {
    const auto task = body(owned);
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_EQ(*owned, 1);
  co_return;
}

Task<std::unique_ptr<int>> give_owner() { co_return std::make_unique<int>(3); }

VIRTUAL_TEST(Task, ResultsAreMovedOut) {
  const auto owner = co_await give_owner();
  EXPECT_EQ(*owner, 3);
}

Task<int> nested(int depth) {
  if (depth == 0) {
    co_await sleep(std::chrono::milliseconds(1));
    co_return 0;
  }
  const int below = co_await nested(depth - 1);
  co_return below + 1;
}

VIRTUAL_TEST(Task, ADeepChainUnwindsAfterAWait) {
  const int depth = co_await nested(1000);
  EXPECT_EQ(depth, 1000);
}

// Without hoiku/async/asio.hpp no operation of Asio is awaitable.
TEST(Task, AwaitsTasksAndWaitsAndNothingElse) {
  using detail::Awaitable;
  static_assert(Awaitable<Task<int>> && Awaitable<decltype(sleep(Duration(1)))> && Awaitable<decltype(checkpoint())>);
  static_assert(Awaitable<decltype(std::declval<Event&>().wait())>);
  static_assert(!Awaitable<int> && !Awaitable<Event&> && !Awaitable<Task<int> (*)()>);
}

}  // namespace
}  // namespace hoiku
