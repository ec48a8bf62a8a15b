#include "broker/core/waits/past_search.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/broker/topic_history.hpp"

namespace hoiku::broker {
namespace {

class PastSearchTest : public OneTopicTest {
 protected:
  Version version(std::uint64_t number) const { return {topics[id].committed()->version().epoch, number}; }
  static proto::WaitTransition after(Version version, const std::string& predicate = "") {
    proto::WaitTransition command;
    command.topic = "a";
    command.after = version;
    if (!predicate.empty()) command.predicate = Predicate::parse(predicate).value();
    return command;
  }
  Result<PastTransition> find(const proto::WaitTransition& command) { return search.find(id, command, *command.after); }

  Schemas schemas{limits};
  PastSearch search{topics, states, schemas, budget};
};

TEST_F(PastSearchTest, FindsTheFirstTransitionAfterAVersionAndWhatItReplaced) {
  for (int value : {10, 20, 30, 40}) set(value);
  const auto found = find(after(version(2)));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->match->version().number, 3u);
  EXPECT_EQ(found->replaced->value(), Value(20));
  EXPECT_FALSE(found->searched_through);
}

TEST_F(PastSearchTest, FindsTheFirstTransitionThatSatisfiesThePredicate) {
  for (int value : {10, 20, 30, 40}) set(value);
  EXPECT_EQ(find(after(version(1), "value > 25"))->match->value(), Value(30));
  EXPECT_EQ(find(after(version(1), "old_value == 30"))->match->value(), Value(40));
  EXPECT_EQ(find(after(version(1), "value > 99"))->match, nullptr);
}

TEST_F(PastSearchTest, NothingIsFoundAfterTheCommittedVersion) {
  set(10);
  const auto found = find(after(version(1)));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->match, nullptr);
  EXPECT_FALSE(found->searched_through);
}

TEST_F(PastSearchTest, ATransitionOfTheQualityAloneMatchesNothing) {
  set(10);
  set(10, Quality::stale);
  EXPECT_EQ(find(after(version(1)))->match, nullptr);
  set(20);
  EXPECT_EQ(find(after(version(1)))->match->version().number, 3u);
}

TEST_F(PastSearchTest, AHistoryThatDoesNotGoBackIsAnError) {
  limits.history_transitions_max = 2;
  for (int value : {10, 20, 30, 40}) set(value);
  histories.trim();
  const auto found = find(after(version(1)));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.failure().code, ErrorCode::lagged);
  EXPECT_TRUE(find(after(version(3))));
}

TEST_F(PastSearchTest, AVersionOfAnotherEpochOrOneThatDoesNotExistYetIsAnError) {
  set(10);
  EXPECT_EQ(find(after(Version{version(1).epoch + 1, 1})).failure().code, ErrorCode::lagged);
  EXPECT_EQ(find(after(version(2))).failure().code, ErrorCode::invalid_argument);
}

TEST_F(PastSearchTest, ASearchThatHasSpentTheBudgetContinuesWhereItStopped) {
  for (int value : {10, 20, 30, 40, 50}) set(value);
  const proto::WaitTransition command = after(version(1), "value == 50");
  budget = TurnBudget(2);
  const auto first = find(command);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->match, nullptr);
  ASSERT_TRUE(first->searched_through);
  EXPECT_EQ(first->searched_through->number, 2u);

  budget.renew();
  const auto second = search.find(id, command, *first->searched_through);
  ASSERT_TRUE(second->searched_through);
  EXPECT_EQ(second->searched_through->number, 3u);
  budget = TurnBudget(1000);
  EXPECT_EQ(search.find(id, command, *second->searched_through)->match->value(), Value(50));
}

}  // namespace
}  // namespace hoiku::broker
