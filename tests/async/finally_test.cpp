// finally: what follows an act, however that ended. In virtual time.
#include "hoiku/async/finally.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hoiku/async.hpp"
#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// Notes when it has run to its end, after a wait.
class Rest {
 public:
  Task<> run() {
    co_await sleep(100ms);
    ended_at_ = now();
  }
  std::optional<TimePoint> ended_at() const { return ended_at_; }

 private:
  std::optional<TimePoint> ended_at_;
};

Task<> fail(const char* what) {
  co_await checkpoint();
  throw std::runtime_error(what);
}

VIRTUAL_TEST(Finally, AfterAnActThatReturnsAValueItRunsAndTheValueComesOut) {
  Rest rest;
  const TimePoint start = now();
  const auto act = []() -> Task<std::string> {
    co_await sleep(1s);
    co_return "danced";
  };
  const std::string result = co_await finally(act, [&]() -> Task<> { co_await rest.run(); });
  EXPECT_EQ(result, "danced");
  EXPECT_EQ(rest.ended_at(), start + 1100ms);
}

VIRTUAL_TEST(Finally, AnErrorOfTheActComesOutAsItIs) {
  Rest rest;
  std::string told;
  try {
    co_await finally(fail("fell"), [&]() -> Task<> { co_await rest.run(); });
  } catch (const std::runtime_error& error) {
    told = error.what();
  }
  EXPECT_EQ(told, "fell");
  EXPECT_TRUE(rest.ended_at());
}

VIRTUAL_TEST(Finally, ACancelledActIsFollowedTooAndStaysCancelled) {
  Rest rest;
  const TimePoint start = now();
  bool went_on = false;
  const bool late = co_await move_on_after(1s, [&]() -> Task<> {
    co_await finally(sleep(1h), [&]() -> Task<> { co_await rest.run(); });
    went_on = true;
  });
  EXPECT_TRUE(late);
  EXPECT_FALSE(went_on);
  EXPECT_EQ(rest.ended_at(), start + 1100ms);
}

VIRTUAL_TEST(Finally, AnActThatBeginsCancelledIsFollowedToo) {
  Rest rest;
  CancelScope scope;
  scope.cancel();
  const bool cut =
      co_await scope.run([&]() -> Task<> { co_await finally(sleep(1h), [&]() -> Task<> { co_await rest.run(); }); });
  EXPECT_TRUE(cut);
  EXPECT_TRUE(rest.ended_at());
}

VIRTUAL_TEST(Finally, ItIsCutShortWhenItsTimeHasPassed) {
  const TimePoint start = now();
  bool told = false;
  try {
    co_await finally(checkpoint(), sleep(1h), 200ms);
  } catch (const TooSlowError&) {
    told = true;
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(now() - start, 200ms);
}

VIRTUAL_TEST(Finally, WithoutALimitOfItsOwnItsTimeIsASecond) {
  const TimePoint start = now();
  bool told = false;
  try {
    co_await finally(checkpoint(), sleep(1h));
  } catch (const TooSlowError&) {
    told = true;
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(Finally, ALimitOfZeroCutsItAtItsFirstWait) {
  const TimePoint start = now();
  bool begun = false;
  bool told = false;
  try {
    co_await finally(
        checkpoint(),
        [&]() -> Task<> {
          begun = true;
          co_await sleep(1h);
        },
        0s);
  } catch (const TooSlowError&) {
    told = true;
  }
  EXPECT_TRUE(begun);
  EXPECT_TRUE(told);
  EXPECT_EQ(now(), start);
  co_await finally(
      checkpoint(), []() -> Task<> { co_return; }, 0s);
}

VIRTUAL_TEST(Finally, ANegativeLimitIsRefusedBeforeTheActBegins) {
  bool begun = false;
  const auto act = [&]() -> Task<> {
    begun = true;
    co_return;
  };
  EXPECT_THROW((void)finally(act, sleep(1s), -1ms), std::invalid_argument);
  EXPECT_FALSE(begun);
  co_await checkpoint();
}

VIRTUAL_TEST(Finally, IfItFailsAfterACancelledActItsErrorComesOut) {
  std::string told;
  try {
    co_await move_on_after(1s, [&]() -> Task<> { co_await finally(sleep(1h), fail("no hold")); });
  } catch (const std::runtime_error& error) {
    told = error.what();
  }
  EXPECT_EQ(told, "no hold");
}

VIRTUAL_TEST(Finally, IfBothFailBothErrorsComeOutTheActsFirst) {
  std::vector<std::string> told;
  try {
    co_await finally(fail("fell"), fail("no hold"));
  } catch (const ExceptionGroup& group) {
    group.for_each_leaf([&](const std::exception& error) { told.emplace_back(error.what()); });
  }
  EXPECT_EQ(told, (std::vector<std::string>{"fell", "no hold"}));
}

VIRTUAL_TEST(Finally, TheResultOfWhatFollowsIsDropped) {
  AsyncValue<int> level{3};
  const int result = co_await finally([]() -> Task<int> { co_return 8; }, level.wait_value(3));
  EXPECT_EQ(result, 8);
}

}  // namespace
}  // namespace hoiku
