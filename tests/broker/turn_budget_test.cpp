#include "broker/core/turn_budget.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/broker/make_state.hpp"

namespace hoiku::broker {
namespace {

TEST(TurnBudget, IsSpentStepByStepAndNeverGoesBelowZero) {
  TurnBudget budget(10);
  budget.spend(4);
  EXPECT_EQ(budget.left(), 6u);
  EXPECT_FALSE(budget.is_spent());
  budget.spend(7);
  EXPECT_EQ(budget.left(), 0u);
  EXPECT_TRUE(budget.is_spent());
}

TEST(TurnBudget, IsWholeAgainInTheNextTurn) {
  TurnBudget budget(10);
  budget.spend(100);
  budget.renew();
  EXPECT_EQ(budget.left(), 10u);
}

TEST(TurnBudget, TheShareOfASessionIsBounded) {
  TurnBudget budget(1'000'000);
  EXPECT_EQ(budget.share(), 4096u);
  budget.spend(1'000'000 - 5);
  EXPECT_EQ(budget.share(), 5u);
}

TEST(TurnBudget, HalfOfTheRestIsSetAsideUntilItIsGivenBack) {
  TurnBudget budget(11);
  const std::size_t half = budget.take_half();
  EXPECT_EQ(half, 5u);
  budget.spend(100);
  EXPECT_TRUE(budget.is_spent());
  budget.give_back(half);
  EXPECT_EQ(budget.left(), 5u);
}

TEST(TurnBudget, ATestThatReadsFieldsCostsAStepMorePerFieldAnd64BytesOfItsMessage) {
  Transition state;
  state.value = Value(MessageBytes{"robot.Mode", std::string(640, 'x')});
  EXPECT_EQ(steps_of_test(*make_state(state), 0), 1u);
  EXPECT_EQ(steps_of_test(*make_state(state), 3), 31u);
  EXPECT_EQ(steps_of_test(*make_state(Transition()), 3), 1u);
  state.value = Value(std::string(10'240, 'x'));  // is copied
  EXPECT_EQ(steps_of_test(*make_state(state), 0), 11u);
}

}  // namespace
}  // namespace hoiku::broker
