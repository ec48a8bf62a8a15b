#include "broker/core/waits/waits.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <random>

#include "tests/broker/make_state.hpp"

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const TimePoint time_zero{};
constexpr TopicId topic{3};

Predicate predicate(const std::string& text) { return *Predicate::parse(text); }

// One topic, and the waits on it by their ids.
class WaitsTest : public testing::Test {
 protected:
  // True: the wait matched at once.
  bool arm(std::uint64_t id, std::optional<Predicate> condition, std::chrono::nanoseconds hold = 0ns,
           std::chrono::nanoseconds expires_after = 0ns) {
    auto matched = try_arm(id, std::move(condition), hold, expires_after);
    EXPECT_TRUE(matched);
    return *matched;
  }
  Result<bool> try_arm(std::uint64_t id, std::optional<Predicate> condition, std::chrono::nanoseconds hold = 0ns,
                       std::chrono::nanoseconds expires_after = 0ns) {
    Wait& wait = armed.emplace_back();
    wait.id = id;
    wait.topic = topic;
    wait.predicate = std::move(condition);
    wait.hold = hold;
    wait.expires_after = expires_after;
    return waits.arm(wait, state(), now);
  }
  void cancel(std::uint64_t id) {
    for (Wait& wait : armed) {
      if (wait.id == id) return waits.cancel(wait);
    }
  }
  // Returns the waits that ended by then or with this value.
  std::vector<std::uint64_t> set(Value value, TimePoint at) {
    std::vector<std::uint64_t> due = advance(at);
    Transition next;
    if (type == ValueType::null) type = value.type();
    next.value = std::move(value);
    const State before = committed;
    committed = make_state(next);
    changed_at = at;
    std::vector<WaitEnd> ended;
    waits.on_transition(topic, state(), before, at, ended);
    for (auto id : ids(ended)) due.push_back(id);
    return due;
  }
  std::vector<std::uint64_t> set(Value value) { return set(std::move(value), now); }
  std::vector<std::uint64_t> advance(TimePoint at) {
    now = at;
    std::vector<WaitEnd> ended;
    waits.take_due(at, ended);
    return ids(ended);
  }
  // The waits that have expired by then, in that order.
  std::vector<std::uint64_t> expire(TimePoint at) {
    std::vector<std::uint64_t> made;
    while (Wait* wait = waits.take_expired(at)) {
      made.push_back(wait->id);
      waits.cancel(*wait);
    }
    return made;
  }
  std::vector<std::uint64_t> ids(const std::vector<WaitEnd>& ended) {
    std::vector<std::uint64_t> made;
    for (const WaitEnd& end : ended) {
      made.push_back(end.wait->id);
      if (end.failure) failures.push_back(*end.failure);
    }
    return made;
  }
  WaitedTopic state() const { return WaitedTopic{type, committed, changed_at}; }
  void expect_nothing_left() {
    EXPECT_EQ(waits.size(), 0u);
    EXPECT_EQ(waits.predicates(), 0u);
    EXPECT_FALSE(waits.any(topic));
    EXPECT_FALSE(waits.next_deadline());
  }

  Limits limits;
  Waits waits{limits};
  std::deque<Wait> armed;
  State committed;
  ValueType type = ValueType::null;
  TimePoint changed_at{};
  TimePoint now = time_zero;
  std::vector<Failure> failures;
};

TEST_F(WaitsTest, MatchesAtOnceIfTheValueMatchesAlready) {
  set(21);
  EXPECT_TRUE(arm(1, predicate("value > 20")));
  expect_nothing_left();
}

TEST_F(WaitsTest, EndsAtTheFirstMatchAlsoIfItIsTransient) {
  set(10);
  EXPECT_FALSE(arm(1, predicate("value > 20")));
  EXPECT_THAT(set(15), IsEmpty());
  EXPECT_THAT(set(21), ElementsAre(1));
  EXPECT_THAT(set(0), IsEmpty());
  expect_nothing_left();
}

TEST_F(WaitsTest, WithoutAPredicateAnySetValueMatches) {
  EXPECT_FALSE(arm(1, {}));
  EXPECT_THAT(set(0), ElementsAre(1));
  EXPECT_TRUE(arm(2, {}));
  expect_nothing_left();
}

TEST_F(WaitsTest, AnUnsetTopicMatchesNothing) {
  set(1);
  set({});
  EXPECT_FALSE(arm(1, {}));
  EXPECT_FALSE(arm(2, predicate("!(value == 3)")));
  EXPECT_THAT(set(4), UnorderedElementsAre(1, 2));
}

TEST_F(WaitsTest, EqualPredicatesAreTestedOncePerCommit) {
  set(0);
  for (std::uint64_t i = 0; i < 1000; ++i)
    EXPECT_FALSE(arm(i, predicate(i % 2 == 0 ? "value > 5 && value < 9" : "value<9&&(value>5)")));
  EXPECT_EQ(waits.predicates(), 1u);
  const auto before = waits.tests();
  EXPECT_THAT(set(1), IsEmpty());
  EXPECT_EQ(waits.tests(), before + 1);
  EXPECT_EQ(set(6).size(), 1000u);
  EXPECT_EQ(waits.tests(), before + 2);
  expect_nothing_left();
}

TEST_F(WaitsTest, LiteralsAreReadAsTheTopicsTypeBeforeTheyAreShared) {
  set(0.5);
  EXPECT_FALSE(arm(1, predicate("value > 5")));
  EXPECT_FALSE(arm(2, predicate("value > 5.0")));
  EXPECT_EQ(waits.predicates(), 1u);
  EXPECT_THAT(set(5.5), UnorderedElementsAre(1, 2));
}

TEST_F(WaitsTest, APredicateThatDoesNotFitTheTypeIsRefused) {
  set(true);
  EXPECT_FALSE(try_arm(1, predicate("value > 5")));
  EXPECT_EQ(waits.size(), 0u);
}

TEST_F(WaitsTest, OnATopicWithoutATypeThePredicateIsCheckedWhenTheTypeIsKnown) {
  EXPECT_FALSE(arm(1, predicate("value > 5")));
  EXPECT_FALSE(arm(2, predicate("value == \"text\"")));
  EXPECT_FALSE(arm(3, predicate("value > 50")));
  EXPECT_EQ(waits.predicates(), 3u);
  EXPECT_THAT(set(6), UnorderedElementsAre(1, 2));
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].code, ErrorCode::type_mismatch);
  EXPECT_EQ(waits.size(), 1u);
  EXPECT_THAT(set(51), ElementsAre(3));
  expect_nothing_left();
}

TEST_F(WaitsTest, ANumberIsComparedWithNoText) {
  EXPECT_FALSE(arm(1, predicate("value > 30")));
  EXPECT_FALSE(arm(2, predicate("value != 30")));
  EXPECT_THAT(set("n/a"), UnorderedElementsAre(1, 2));
  ASSERT_EQ(failures.size(), 2u);
  for (const Failure& failure : failures) EXPECT_EQ(failure.code, ErrorCode::type_mismatch);
  EXPECT_FALSE(try_arm(3, predicate("value > 30")));
  expect_nothing_left();
}

TEST_F(WaitsTest, OldValueIsThePreviousVersionAndIsTestedAtTransitionsOnly) {
  set(1);
  set(9);
  EXPECT_FALSE(arm(1, predicate("old_value < 5 && value >= 5")));
  EXPECT_THAT(set(10), IsEmpty());
  EXPECT_THAT(set(2), IsEmpty());
  EXPECT_THAT(set(5), ElementsAre(1));
  expect_nothing_left();
}

TEST_F(WaitsTest, CancelledWaitsLeaveEveryList) {
  arm(1, predicate("value > 5"));  // without a type
  cancel(1);
  expect_nothing_left();
  set(1);
  arm(2, predicate("value > 5"));
  arm(3, predicate("value > 5"), 1s);  // suspended
  arm(4, predicate("value > 0"), 1s);  // timed
  arm(5, {}, 1s);
  for (const std::uint64_t id : {2u, 3u, 4u, 5u}) cancel(id);
  expect_nothing_left();
}

// ---- Holds

TEST_F(WaitsTest, AHoldIsCompleteWhenTheConditionWasTrueForItsTime) {
  set(0);
  EXPECT_FALSE(arm(1, predicate("value > 5"), 1s));
  EXPECT_FALSE(waits.next_deadline());
  EXPECT_THAT(set(6, time_zero + 2s), IsEmpty());
  EXPECT_EQ(waits.next_deadline(), time_zero + 3s);
  EXPECT_THAT(set(7, time_zero + 2500ms), IsEmpty());  // another value, for which the predicate is still true
  EXPECT_THAT(advance(time_zero + 2999ms), IsEmpty());
  EXPECT_THAT(advance(time_zero + 3s), ElementsAre(1));
  expect_nothing_left();
}

TEST_F(WaitsTest, ANonMatchResetsAHold) {
  set(6);
  EXPECT_FALSE(arm(1, predicate("value > 5"), 1s));
  EXPECT_THAT(set(0, time_zero + 500ms), IsEmpty());
  EXPECT_THAT(advance(time_zero + 1s), IsEmpty());
  EXPECT_THAT(set(6, time_zero + 1500ms), IsEmpty());
  EXPECT_THAT(advance(time_zero + 2499ms), IsEmpty());
  EXPECT_THAT(advance(time_zero + 2500ms), ElementsAre(1));
}

TEST_F(WaitsTest, ANonMatchAndAMatchAtOneInstantResetAHold) {
  set(6);
  EXPECT_FALSE(arm(1, predicate("value > 5"), 1s));
  set(0, time_zero + 500ms);
  set(6, time_zero + 500ms);
  EXPECT_THAT(advance(time_zero + 1499ms), IsEmpty());
  EXPECT_THAT(advance(time_zero + 1500ms), ElementsAre(1));
}

TEST_F(WaitsTest, AHoldThatIsArmedLateCountsFromTheLastTransition) {
  set(6);
  set(7, time_zero + 1s);
  advance(time_zero + 1700ms);
  EXPECT_FALSE(arm(1, predicate("value > 5"), 1s));
  EXPECT_THAT(advance(time_zero + 2s), ElementsAre(1));
}

TEST_F(WaitsTest, AHoldThatIsArmedLateDoesNotCountFromEarlierTransitionsOfItsGroup) {
  set(6);
  EXPECT_FALSE(arm(1, predicate("value > 5"), 3s));
  set(7, time_zero + 1s);
  EXPECT_FALSE(arm(2, predicate("value > 5"), 3s));
  EXPECT_THAT(advance(time_zero + 3s), ElementsAre(1));
  EXPECT_THAT(advance(time_zero + 3999ms), IsEmpty());
  EXPECT_THAT(advance(time_zero + 4s), ElementsAre(2));
}

TEST_F(WaitsTest, AHoldThatIsCompleteWhenArmedMatchesAtOnce) {
  set(6);
  advance(time_zero + 1s);
  EXPECT_TRUE(arm(1, predicate("value > 5"), 1s));
  expect_nothing_left();
}

TEST_F(WaitsTest, AHoldOnAnUnsetTopicBeginsWithItsFirstMatch) {
  EXPECT_FALSE(arm(1, predicate("value > 5"), 1s));
  EXPECT_THAT(set(6, time_zero + 5s), IsEmpty());
  EXPECT_THAT(advance(time_zero + 6s), ElementsAre(1));
}

TEST_F(WaitsTest, WithoutAPredicateAHoldMeansUnchanged) {
  set(1);
  EXPECT_FALSE(arm(1, {}, 1s));
  set(2, time_zero + 900ms);
  set(3, time_zero + 1800ms);
  EXPECT_THAT(advance(time_zero + 2799ms), IsEmpty());
  EXPECT_THAT(advance(time_zero + 2800ms), ElementsAre(1));
}

TEST_F(WaitsTest, UnsettingEndsAHold) {
  set(1);
  EXPECT_FALSE(arm(1, {}, 1s));
  EXPECT_FALSE(arm(2, predicate("value == 1"), 1s));
  set({}, time_zero + 500ms);
  EXPECT_THAT(advance(time_zero + 10s), IsEmpty());
  set(1, time_zero + 20s);
  EXPECT_THAT(advance(time_zero + 21s), UnorderedElementsAre(1, 2));
}

TEST_F(WaitsTest, HoldsOfOneGroupEndEachAtItsOwnTime) {
  set(0);
  for (std::uint64_t i = 1; i <= 5; ++i) EXPECT_FALSE(arm(i, predicate("value > 5"), i * 1s));
  set(6, time_zero + 1s);
  for (std::uint64_t i = 1; i <= 5; ++i) EXPECT_THAT(advance(time_zero + 1s + i * 1s), ElementsAre(i));
  expect_nothing_left();
}

TEST_F(WaitsTest, AFlippingTopicDoesNotMoveTimersOfHolds) {
  set(0);
  for (std::uint64_t i = 0; i < 100; ++i) arm(i, predicate("value > 5"), 1h);
  for (int i = 1; i <= 1000; ++i) set(i % 2 == 0 ? 6 : 0, time_zero + i * 1ms);
  // The predicate is true since the last flip; the timers are still those of the first one.
  EXPECT_LT(*waits.next_deadline(), time_zero + 1h + 3ms);
  EXPECT_THAT(advance(time_zero + 1h + 999ms), IsEmpty());
  EXPECT_EQ(advance(time_zero + 1h + 1s).size(), 100u);
  expect_nothing_left();
}

TEST_F(WaitsTest, ExpiresASecondAfterItsMaximumTime) {
  set(0);
  arm(1, predicate("value > 5"), 0ns, 3s);
  arm(2, predicate("value > 5"), 0ns, 2s);
  arm(3, {}, 1h, 2500ms);
  arm(4, predicate("value > 5"));
  EXPECT_EQ(waits.next_deadline(), time_zero + 3s);
  EXPECT_THAT(expire(time_zero + 3s - 1ns), IsEmpty());
  EXPECT_THAT(expire(time_zero + 3s), ElementsAre(2));
  EXPECT_THAT(expire(time_zero + 1min), ElementsAre(3, 1));
  EXPECT_EQ(waits.size(), 1u);
  EXPECT_THAT(set(6, time_zero + 1min), ElementsAre(4));
  expect_nothing_left();
}

TEST_F(WaitsTest, EachWaitEndsOnce) {
  arm(1, predicate("value == \"text\""), 0ns, 1s);  // fails when the type is known
  set(0);
  arm(2, predicate("value > 5"), 0ns, 1s);  // matches
  arm(3, predicate("value == 0"), 1s, 1s);  // holds until then
  arm(4, predicate("value > 9"), 0ns, 1s);  // is cancelled
  arm(5, predicate("value > 9"), 1s, 1s);   // likewise
  EXPECT_THAT(advance(time_zero + 1s), ElementsAre(3));
  EXPECT_THAT(set(6), ElementsAre(2));
  cancel(4);
  cancel(5);
  expect_nothing_left();
  EXPECT_THAT(expire(time_zero + 1h), IsEmpty());
}

TEST_F(WaitsTest, MatchesUntilItExpires) {
  set(0);
  arm(1, predicate("value > 5"), 0ns, 1s);
  EXPECT_THAT(set(6, time_zero + 2s), ElementsAre(1));
  expect_nothing_left();
}

TEST_F(WaitsTest, AWaitThatMatchesAtOnceDoesNotExpire) {
  set(6);
  EXPECT_TRUE(arm(1, predicate("value > 5"), 0ns, 1s));
  expect_nothing_left();
}

TEST_F(WaitsTest, InvalidWaitsAreRefused) {
  const auto code = [&](std::optional<Predicate> condition, std::chrono::nanoseconds hold,
                        std::chrono::nanoseconds expires_after = 0ns) {
    const auto checked = check_wait(condition, hold, expires_after, limits);
    return checked ? ErrorCode{} : checked.failure().code;
  };
  EXPECT_EQ(code({}, 0ns), ErrorCode{});
  EXPECT_EQ(code({}, -1ns), ErrorCode::invalid_argument);
  EXPECT_EQ(code({}, limits.hold_max), ErrorCode{});
  EXPECT_EQ(code({}, limits.hold_max + 1ns), ErrorCode::invalid_argument);
  EXPECT_EQ(code({}, 0ns, -1ns), ErrorCode::invalid_argument);
  EXPECT_EQ(code({}, 0ns, limits.hold_max), ErrorCode{});
  EXPECT_EQ(code({}, 0ns, limits.hold_max + 1ns), ErrorCode::invalid_argument);
  EXPECT_EQ(code(predicate("old_value < value"), 0ns), ErrorCode{});
  EXPECT_EQ(code(predicate("old_value < value"), 1s), ErrorCode::invalid_argument);
  Predicate large = predicate("value > 1");
  for (int i = 0; i < 6; ++i) large = Predicate::all_of(large, Predicate::negate(large));
  EXPECT_EQ(code(large, 0ns), ErrorCode::invalid_predicate);
}

// ---- Comparisons with one constant

TEST_F(WaitsTest, DistinctThresholdsThatAreNotReachedAreNotTested) {
  set(0);
  for (std::uint64_t id = 1; id <= 1000; ++id) {
    const std::string number = std::to_string(10 * id);
    EXPECT_FALSE(arm(id, predicate("value > " + number)));
    EXPECT_FALSE(arm(1000 + id, predicate("value == " + number)));
    EXPECT_FALSE(arm(2000 + id, predicate("value < -" + number)));
  }
  const auto before = waits.tests();
  for (int i = 1; i < 10; ++i) EXPECT_THAT(set(i), IsEmpty());
  EXPECT_EQ(waits.tests(), before);
  EXPECT_THAT(set(10), ElementsAre(1001));
  EXPECT_THAT(set(11), ElementsAre(1));
  EXPECT_THAT(set(-11), ElementsAre(2001));
  EXPECT_LE(waits.tests(), before + 5);
}

TEST_F(WaitsTest, DistinctTextsAreNotTestedOneByOne) {
  set("calm");
  for (std::uint64_t id = 1; id <= 1000; ++id)
    EXPECT_FALSE(arm(id, predicate("value == \"mood " + std::to_string(id) + "\"")));
  const auto before = waits.tests();
  EXPECT_THAT(set("mood"), IsEmpty());
  EXPECT_THAT(set("mood 7"), ElementsAre(7));
  EXPECT_EQ(waits.tests(), before + 1);
}

TEST_F(WaitsTest, AThresholdIsTestedAlsoAfterAHoldHasJoinedIt) {
  set(0);
  EXPECT_FALSE(arm(1, predicate("value > 10")));
  EXPECT_FALSE(arm(2, predicate("value > 10"), 10ms));
  EXPECT_THAT(set(11), ElementsAre(1));
  EXPECT_FALSE(arm(3, predicate("value > 20")));
  EXPECT_THAT(set(0, time_zero + 5ms), IsEmpty());  // the hold is broken
  EXPECT_THAT(advance(time_zero + 10ms), IsEmpty());
  EXPECT_THAT(set(21, time_zero + 20ms), ElementsAre(3));
  EXPECT_THAT(advance(time_zero + 30ms), ElementsAre(2));
  expect_nothing_left();
}

TEST_F(WaitsTest, ThresholdsMeanWhatTheTopicsTypeSays) {
  set(0);
  EXPECT_FALSE(arm(1, predicate("value > 10")));
  EXPECT_FALSE(arm(2, predicate("value > 1")));
  type = ValueType::float64;
  EXPECT_THAT(set(0.5), IsEmpty());
  EXPECT_THAT(set(1.5), ElementsAre(2));
  EXPECT_FALSE(arm(3, predicate("value > 1.75")));
  type = ValueType::string;
  EXPECT_THAT(set("text"), UnorderedElementsAre(1, 3));
  EXPECT_EQ(failures.size(), 2u);
  expect_nothing_left();
}

// Arms and cancels random waits, sets random values, and compares which waits end with testing the predicate of each.
class WaitsAgree : public WaitsTest {
 protected:
  void agree(const std::vector<std::string>& predicates, const std::vector<Value>& values) {
    std::map<std::uint64_t, Predicate> open;
    std::uint64_t last_id = 0;
    std::size_t ended = 0;
    set(values.front());
    for (int step = 0; step < 3000; ++step) {
      if (random() % 3 != 0) {
        const Predicate wanted = predicate(predicates[random() % predicates.size()]);
        const auto hold = random() % 5 == 0 ? std::chrono::nanoseconds(1h) : 0ns;
        const bool is_true = is_true_of(wanted, committed->value());
        EXPECT_EQ(arm(++last_id, wanted, hold), hold.count() == 0 && is_true);
        if (hold.count() == 0 && !is_true) open.emplace(last_id, wanted);
      } else if (!open.empty() && random() % 4 == 0) {
        const auto chosen = std::next(open.begin(), static_cast<std::ptrdiff_t>(random() % open.size()));
        cancel(chosen->first);
        open.erase(chosen);
      } else {
        const Value& value = values[random() % values.size()];
        std::vector<std::uint64_t> expected;
        for (const auto& [id, wanted] : open)
          if (is_true_of(wanted, value)) expected.push_back(id);
        for (const std::uint64_t id : expected) open.erase(id);
        ended += expected.size();
        ASSERT_THAT(set(value), testing::UnorderedElementsAreArray(expected));
      }
    }
    EXPECT_GT(ended, 300u);
  }

  static std::vector<std::string> comparisons(const std::vector<std::string>& constants) {
    std::vector<std::string> all;
    for (const char* op : {">", ">=", "<", "<=", "==", "!="})
      for (const std::string& constant : constants) all.push_back("value " + std::string(op) + " " + constant);
    return all;
  }

 private:
  bool is_true_of(const Predicate& wanted, const Value& value) const {
    return !value.is_null() && wanted.resolved_for(type)->test(value, Value(), Quality::live);
  }

  std::mt19937_64 random{7};
};

TEST_F(WaitsAgree, OfIntegers) {
  agree(comparisons({"-9223372036854775808", "-1", "0", "0.5", "1", "2", "9007199254740992", "9007199254740993",
                     "9223372036854775807", "1e300", "-1e300"}),
        {Value(0), Value(-1), Value(1), Value(2), Value(), Value(std::numeric_limits<std::int64_t>::min()),
         Value(std::int64_t{9007199254740992}), Value(std::int64_t{9007199254740993}),
         Value(std::numeric_limits<std::int64_t>::max())});
}

TEST_F(WaitsAgree, OfDoubles) {
  agree(comparisons({"-1", "0", "-0.0", "0.5", "9007199254740992", "9007199254740993", "1e300", "nan"}),
        {Value(0.5), Value(0.0), Value(-0.0), Value(-1.0), Value(1e300), Value(-1e300), Value(), Value(HUGE_VAL),
         Value(std::nan("")), Value(9007199254740992.0)});
}

TEST_F(WaitsAgree, OfTexts) {
  agree({"value == \"\"", "value == \"a\"", "value == \"b\"", "value != \"a\"", "value > \"a\"", "value <= \"b\""},
        {Value("a"), Value(""), Value("b"), Value("c"), Value()});
}

}  // namespace
}  // namespace hoiku::broker
