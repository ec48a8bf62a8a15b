#include "broker/core/readers/catch_up.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>

#include "tests/broker/topic_history.hpp"

namespace hoiku::broker {
namespace {

// Readers that begin with one topic.
class CatchUpTest : public OneTopicTest {
 protected:
  void set_all(std::initializer_list<int> values) {
    for (const int value : values) set(value);
    histories.trim();
  }
  Subscription& open(Mode mode, std::optional<std::uint64_t> resume_after = {}, const std::string& filter = "") {
    SubscriptionOptions options;
    options.id = opened.size() + 1;
    options.mode = mode;
    options.resume_after = resume_after;
    options.opened_at = revision;
    options.credit = 10;
    if (!filter.empty()) options.filter = &subscriptions.acquire_filter(*Predicate::parse(filter));
    Subscription& added = opened.emplace_back(options, queue);
    subscriptions.open(added);
    return added;
  }
  const Slot& attach(Subscription& subscription, bool is_news) {
    EXPECT_TRUE(catch_up.attach(subscription, id, 0, is_news));
    return *subscription.slots().front();
  }

  Subscriptions subscriptions{limits};
  CatchUp catch_up{limits, topics, states, subscriptions, budget};
  DeliveryQueue queue;
  std::deque<Subscription> opened;
};

TEST_F(CatchUpTest, AReaderWithoutAFilterIsSentTheCommittedStateFirstUnlessItHasIt) {
  set_all({1, 2});
  for (const Mode mode : {Mode::latest, Mode::every}) {
    Subscription& fresh = open(mode);
    EXPECT_TRUE(attach(fresh, true).is_dirty());
    EXPECT_FALSE(fresh.slots().front()->is_started());
    EXPECT_FALSE(fresh.is_snapshot_complete());
    Subscription& knows_it = open(mode);
    EXPECT_FALSE(attach(knows_it, false).is_dirty());
    EXPECT_EQ(knows_it.slots().front()->sent(), 2u);
    EXPECT_TRUE(knows_it.is_snapshot_complete());
  }
}

TEST_F(CatchUpTest, AResumingReaderOfEveryTransitionContinuesAfterItsLastStateAsFarAsTheHistoryGoesBack) {
  limits.history_transitions_max = 3;
  set_all({1, 2, 3, 4, 5});  // 3 and 4 are in the history
  Subscription& near = open(Mode::every, 3);
  EXPECT_EQ(attach(near, true).sent(), 3u);
  EXPECT_TRUE(near.slots().front()->is_dirty());
  EXPECT_EQ(near.counts().pending(), 2u);
  Subscription& far = open(Mode::every, 1);
  EXPECT_EQ(attach(far, true).sent(), 2u);
  EXPECT_EQ(far.counts().pending(), 3u);
}

TEST_F(CatchUpTest, AReaderOfEveryTransitionThatResumesWhereTheHistoryHasLostStatesIsTold) {
  limits.history_transitions_max = 3;
  set_all({1, 2, 3, 4, 5});  // 3 and 4 are in the history
  for (const std::string filter : {"", "value > 0"}) {
    const auto lost_before_first = [&](std::uint64_t resume_after) {
      Subscription& reader = open(Mode::every, resume_after, filter);
      attach(reader, true);
      Slot& slot = *reader.slots().front();
      const State first = states.find(id, slot.sent() + 1);
      const Delivered told = filter.empty() ? reader.deliver_next(slot, first, 5) : reader.deliver_passed(slot, first);
      EXPECT_EQ(told.lagged, 0u);
      EXPECT_EQ(reader.counts().lagged(), 0u);
      const State second = states.find(id, slot.sent() + 1);
      const Delivered next =
          filter.empty() ? reader.deliver_next(slot, second, 5) : reader.deliver_passed(slot, second);
      EXPECT_EQ(next.lost_before, 0u);
      return told.lost_before;
    };
    EXPECT_EQ(lost_before_first(3), 0u) << "3 is in the history: the reader has it";
    EXPECT_EQ(lost_before_first(2), 2u);
    EXPECT_EQ(lost_before_first(0), 2u);
  }
}

TEST_F(CatchUpTest, AFilteredReaderThatResumesIsSentTheLastStateThatPassesAndANewOneOnlyTheCommittedState) {
  set_all({20, 30, 5, 7});
  const Slot& resumed = attach(open(Mode::latest, 1, "value > 10"), true);
  ASSERT_TRUE(resumed.is_dirty());
  EXPECT_EQ(resumed.filter_state()->match, states.find(id, 2));
  EXPECT_EQ(resumed.filter_state()->filtered_after, 2u);
  EXPECT_EQ(resumed.filter_state()->count_baseline, 1u);
  EXPECT_EQ(budget.left(), 997u);  // three states are tested
  const Slot& fresh = attach(open(Mode::latest, {}, "value > 10"), true);
  EXPECT_FALSE(fresh.is_dirty());
  EXPECT_EQ(fresh.sent(), 4u);
  const Slot& lenient = attach(open(Mode::latest, {}, "value > 6"), true);
  ASSERT_TRUE(lenient.is_dirty());
  EXPECT_EQ(lenient.filter_state()->match, states.committed(id));
}

TEST_F(CatchUpTest, AStateWhosePredecessorIsDiscardedIsLaggedForAFilterOverTheOldValueOnly) {
  limits.history_transitions_max = 3;
  set_all({1, 2});
  const Slot& rising = attach(open(Mode::every, {}, "value > old_value"), false);
  const Slot& large = attach(open(Mode::every, {}, "value > 2"), false);
  set_all({3, 4, 5});  // 2 is discarded
  const FilterScan next = catch_up.find_next_match(rising, 100);
  EXPECT_EQ(next.passed, states.find(id, 4));
  EXPECT_EQ(next.lagged, 1u);
  EXPECT_EQ(next.filtered, 0u);
  const FilterScan first = catch_up.find_next_match(large, 100);
  EXPECT_EQ(first.passed, states.find(id, 3));
  EXPECT_EQ(first.lagged, 0u);
}

TEST_F(CatchUpTest, AfterADiscardedStateASearchContinuesFromTheCommittedOne) {
  limits.history_transitions_max = 1;
  set_all({1});
  const Slot& slot = attach(open(Mode::every, {}, "value > 0"), false);
  set_all({2, 3, 4, 5});
  const FilterScan next = catch_up.find_next_match(slot, 100);
  EXPECT_EQ(next.passed, states.committed(id));
  EXPECT_EQ(next.lagged, 3u);
  EXPECT_EQ(next.through, 4u);
}

TEST_F(CatchUpTest, ASearchStopsAfterItsStepsAndSpendsTheBudget) {
  set_all({1});
  const Slot& slot = attach(open(Mode::every, {}, "value > 100"), false);
  set_all({2, 3, 4, 5});
  const FilterScan next = catch_up.find_next_match(slot, 2);
  EXPECT_EQ(next.passed, nullptr);
  EXPECT_EQ(next.filtered, 2u);
  EXPECT_EQ(next.through, 3u);
  EXPECT_EQ(budget.left(), 998u);
}

TEST_F(CatchUpTest, AReaderOfTooManyTopicsIsRefusedAndTheErrorNamesTheTopic) {
  limits.slots_per_session_max = 1;
  set_all({1});
  attach(open(Mode::latest), true);
  const auto refused = catch_up.attach(open(Mode::latest), id, 0, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().code, ErrorCode::limit_exceeded);
  EXPECT_NE(refused.failure().message.find("'a'"), std::string::npos) << refused.failure().message;
}

}  // namespace
}  // namespace hoiku::broker
