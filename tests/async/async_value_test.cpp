#include <limits>
#include <thread>

#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// Counts its comparisons, which shows how many evaluations equal waits share.
class Counted {
 public:
  explicit Counted(int number) : number_(number) {}
  friend bool operator==(const Counted& a, const Counted& b) { return a.number_ == b.number_; }
  friend bool operator>(const Counted& a, const Counted& b) {
    ++comparisons;
    return a.number_ > b.number_;
  }
  static inline int comparisons = 0;

 private:
  int number_;
};

VIRTUAL_TEST(AsyncValue, AWaiterGetsTheFirstMatchEvenIfTheValueHasChangedAgain) {
  AsyncValue<int> level{0};
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      const int seen = co_await level.wait_value(value > 20);
      EXPECT_EQ(seen, 21);
      EXPECT_EQ(level.value(), 0);
    });
    co_await sim::settle();
    level.set(21);
    level.set(22);
    level.set(0);
  });
}

VIRTUAL_TEST(AsyncValue, AValueThatMatchesAlreadyIsReturnedAfterACheckpoint) {
  AsyncValue<int> level{20};
  const int given = co_await level.wait_value(20);
  EXPECT_EQ(given, 20);
  EXPECT_EQ(level.condition_count(), 0u);
  const bool cut = co_await move_on_after(0s, [&]() -> Task<> { co_await level.wait_value(20); });
  EXPECT_TRUE(cut);
}

VIRTUAL_TEST(AsyncValue, LambdasExpressionsAndPlainValuesAreConditions) {
  AsyncValue<std::string> mood{std::string("calm")};
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      const std::string by_expression = co_await mood.wait_value(value == "happy" || value == "sad");
      const std::string by_callable = co_await mood.wait_value([](const std::string& text) { return text.size() > 6; });
      const std::string by_value = co_await mood.wait_value("calm");
      EXPECT_EQ(by_expression, "sad");
      EXPECT_EQ(by_callable, "excited");
      EXPECT_EQ(by_value, "calm");
    });
    for (const char* next : {"sad", "excited", "calm"}) {
      co_await sim::settle();
      mood.set(next);
    }
  });
}

VIRTUAL_TEST(AsyncValue, AnEqualSetChangesNothing) {
  AsyncValue<double> reading{1.0};
  EXPECT_FALSE(reading.set(1.0));
  EXPECT_TRUE(reading.set(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(reading.set(std::numeric_limits<double>::quiet_NaN()));
  co_return;
}

VIRTUAL_TEST(AsyncValue, EqualConditionsShareOneEvaluationAndLambdasDoNot) {
  AsyncValue<Counted> level{Counted(0)};
  int calls = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    for (int i = 0; i < 100; ++i)
      nursery.start_soon([&]() -> Task<> { co_await level.wait_value(value > Counted(5)); });
    for (int i = 0; i < 2; ++i) {
      nursery.start_soon([&]() -> Task<> {
        co_await level.wait_value([&](const Counted&) {
          ++calls;
          return false;
        });
      });
    }
    co_await sim::settle();
    EXPECT_EQ(level.condition_count(), 3u);
    Counted::comparisons = calls = 0;
    level.set(Counted(1));
    EXPECT_EQ(Counted::comparisons, 1);
    EXPECT_EQ(calls, 2);
    nursery.cancel_scope().cancel();
  });
  EXPECT_EQ(level.condition_count(), 0u);
}

VIRTUAL_TEST(AsyncValue, AnErrorOfAPredicateGoesToItsOwnWaiter) {
  AsyncValue<int> level{0};
  int others = 0, failed = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      try {
        co_await level.wait_value(
            [](int number) { return number == 0 ? false : throw std::runtime_error("predicate"); });
      } catch (const std::runtime_error&) {
        ++failed;
      }
    });
    nursery.start_soon([&]() -> Task<> { others += co_await level.wait_value(value > 0); });
    co_await sim::settle();
    EXPECT_TRUE(level.set(1));
  });
  EXPECT_EQ(others, 1);
  EXPECT_EQ(failed, 1);
}

VIRTUAL_TEST(AsyncValue, ASetInsideAPredicateIsRefusedToItsWaiter) {
  AsyncValue<int> level{0};
  bool refused = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      try {
        co_await level.wait_value([&](int number) {
          if (number > 0) level.set(7);
          return false;
        });
      } catch (const std::logic_error&) {
        refused = true;
      }
    });
    co_await sim::settle();
    level.set(1);
    EXPECT_EQ(level.value(), 1);
  });
  EXPECT_TRUE(refused);
}

VIRTUAL_TEST(AsyncValue, OpeningAndClosingReadersInsideAPredicateIsAllowed) {
  AsyncValue<int> level{0};
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    std::optional<EventualValues<int>> opened;
    nursery.start_soon([&]() -> Task<> {
      co_await level.wait_value([&](int number) {
        if (number == 1) opened.emplace(level, nullptr, Duration::zero());
        if (number == 2) opened.reset();
        return number == 3;
      });
    });
    co_await sim::settle();
    level.set(1);
    EXPECT_TRUE(opened.has_value());
    level.set(2);
    level.set(3);
    co_await sim::settle();
  });
  EXPECT_EQ(level.condition_count(), 0u);
}

VIRTUAL_TEST(AsyncValue, ADeliveredMatchWinsOverALaterCancelAndAnEarlierCancelOverTheMatch) {
  for (const bool cancel_first : {false, true}) {
    AsyncValue<int> level{0};
    CancelScope scope;
    int seen = 0;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(
          [&]() -> Task<> { co_await scope.run([&]() -> Task<> { seen = co_await level.wait_value(value == 1); }); });
      co_await sim::settle();
      if (cancel_first) scope.cancel();
      level.set(1);
      scope.cancel();
    });
    EXPECT_EQ(seen, cancel_first ? 0 : 1);
    EXPECT_EQ(scope.cancelled_caught(), cancel_first);
  }
}

VIRTUAL_TEST(AsyncValue, AWaiterGetsClosedWhenTheValueEnds) {
  auto level = std::make_unique<AsyncValue<int>>(0);
  bool closed = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      try {
        co_await level->wait_value(value > 5);
      } catch (const Closed&) {
        closed = true;
      }
    });
    co_await sim::settle();
    level.reset();
  });
  EXPECT_TRUE(closed);
}

VIRTUAL_TEST(AsyncValue, ASetFromAForeignThreadIsRefusedAndChangesNothing) {
  AsyncValue<int> level{0};
  bool refused = false;
  std::thread([&] {
    try {
      level.set(1);
    } catch (const std::logic_error&) {
      refused = true;
    }
  }).join();
  EXPECT_TRUE(refused);
  EXPECT_EQ(level.value(), 0);
  co_return;
}

template <class A, class B>
concept Comparable = requires(A a, B b) { a > b; } || requires(A a, B b) { a == b; };

TEST(ValueTerm, IsComparedWithLiteralsAndNotWithConditions) {
  static_assert(Comparable<ValueTerm, int> && Comparable<int, ValueTerm> && Comparable<ValueTerm, const char*>);
  static_assert(!Comparable<ValueTerm, ValueTerm> && !Comparable<ValueTerm, decltype(value > 3)>);
}

TEST(PredicateExpression, IsTestableOnValuesThatItsLiteralsCanBeComparedWith) {
  using Text = decltype(value == "calm" || value == "happy");
  static_assert(TestableOn<Text, std::string> && !TestableOn<Text, int>);
  static_assert(TestableOn<decltype(!(value > 3)), double> && !TestableOn<decltype(!(value > 3)), std::string>);
  static_assert(TestableOn<decltype(value == Counted(1)), Counted> &&
                !TestableOn<decltype(value < Counted(1)), Counted>);
}

VIRTUAL_TEST(HeldFor, CountsFromWhenTheConditionBecameTrue) {
  AsyncValue<int> level{20};
  const auto start = now();
  co_await sleep(400ms);
  const int held = co_await level.wait_value(value >= 20, held_for(1s));
  EXPECT_EQ(held, 20);
  EXPECT_EQ(now() - start, 1s);
  const int at_once = co_await level.wait_value(value >= 20, held_for(1s));
  EXPECT_EQ(at_once, 20);
  EXPECT_EQ(now() - start, 1s);
}

Task<> set_later(AsyncValue<int>& level, std::vector<std::pair<Duration, int>> steps) {
  for (const auto& [after, next] : steps) {
    co_await sleep(after);
    level.set(next);
  }
}

VIRTUAL_TEST(HeldFor, BeginsAgainAfterALapseAndReturnsTheLatestValue) {
  AsyncValue<int> level{0};
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    std::vector<std::pair<Duration, int>> steps{{0ms, 20}, {250ms, 5}, {250ms, 22}, {500ms, 25}};
    nursery.start_soon(set_later, std::ref(level), steps);
    const int held = co_await level.wait_value(value >= 20, held_for(1s));
    EXPECT_EQ(held, 25);
    EXPECT_EQ(now() - start, 1500ms);
  });
}

VIRTUAL_TEST(HeldFor, ALapseWithinOneFrameRestartsIt) {
  AsyncValue<int> level{20};
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(500ms);
      level.set(0);
      level.set(21);
    });
    const int held = co_await level.wait_value(value >= 20, held_for(1s));
    EXPECT_EQ(held, 21);
    EXPECT_EQ(now() - start, 1500ms);
  });
}

VIRTUAL_TEST(HeldFor, LeavingExactlyAtTheDeadlineCountsAsHeld) {
  AsyncValue<int> level{20};
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(1s);
      level.set(0);
    });
    const int held = co_await level.wait_value(value >= 20, held_for(1s));
    EXPECT_EQ(held, 20);
    EXPECT_EQ(now() - start, 1s);
  });
}

}  // namespace
}  // namespace hoiku
