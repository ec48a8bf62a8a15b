#include "broker/core/topics/topic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t epoch = 77;
const TimePoint start{};

// One topic whose records are in the log at once, unless a test holds them back.
class TopicTest : public testing::Test {
 protected:
  Result<Topic::Applied> apply(Value value, std::optional<Version> if_version = {}) {
    static const std::optional<WallTime> no_time;
    const Update update{value, if_version, no_time, writer, WallTime{5us}};
    ++revision;
    if (auto checked = topic.check(update); !checked) return checked.failure();
    return topic.apply(update, revision);
  }
  Topic::Applied set(Value value, std::optional<Version> if_version = {}) {
    auto applied = apply(std::move(value), if_version);
    EXPECT_TRUE(applied) << applied.failure().message;
    if (applied->changed) topic.commit(applied->state, start);
    return *applied;
  }
  ErrorCode refused(Value value, std::optional<Version> if_version = {}) {
    auto applied = apply(std::move(value), if_version);
    EXPECT_FALSE(applied);
    return applied ? ErrorCode{} : applied.failure().code;
  }

  const SharedText writer{"robot"};
  Topic topic{"a/b", epoch};
  std::uint64_t revision = 0;
};

TEST_F(TopicTest, FirstSetIsVersionOneOfItsEpoch) {
  const auto applied = set(21);
  EXPECT_TRUE(applied.changed);
  EXPECT_EQ(applied.state->version(), (Version{epoch, 1}));
  EXPECT_EQ(applied.state->revision(), 1u);
  EXPECT_EQ(applied.state->topic(), "a/b");
  EXPECT_EQ(applied.state->value(), Value(21));
  EXPECT_EQ(applied.state->writer(), "robot");
  EXPECT_EQ(applied.state->changed_at(), WallTime{5us});
  EXPECT_EQ(topic.committed(), applied.state);
}

TEST_F(TopicTest, VersionsRiseByOne) {
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(set(i).state->version().number, static_cast<std::uint64_t>(i));
}

TEST_F(TopicTest, EqualValueMakesNoTransition) {
  const auto first = set("on");
  const auto again = set("on");
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.state, first.state);
}

TEST_F(TopicTest, NaNEqualsNaNAndZeroEqualsMinusZero) {
  set(std::nan(""));
  EXPECT_FALSE(set(std::nan("")).changed);
  EXPECT_TRUE(set(0.0).changed);
  EXPECT_FALSE(set(-0.0).changed);
}

TEST_F(TopicTest, IfVersionLetsTheCurrentVersionPass) {
  set(1);
  EXPECT_TRUE(set(2, Version{epoch, 1}).changed);
  EXPECT_EQ(refused(3, Version{epoch, 1}), ErrorCode::version_conflict);
  EXPECT_EQ(topic.committed()->value(), Value(2));
}

TEST_F(TopicTest, IfVersionWithoutAnEpochIsRefused) {
  set(1);
  EXPECT_EQ(refused(2, Version{0, 1}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(2, Version{0, 2}), ErrorCode::invalid_argument);
}

TEST_F(TopicTest, IfVersionOfAnotherEpochConflicts) {
  set(1);
  EXPECT_EQ(refused(2, Version{epoch + 1, 1}), ErrorCode::version_conflict);
}

TEST_F(TopicTest, IfVersionZeroMeansNotSetNow) {
  EXPECT_TRUE(set(1, Version{0, 0}).changed);
  EXPECT_EQ(refused(2, Version{0, 0}), ErrorCode::version_conflict);
  set({});
  EXPECT_EQ(set(2, Version{0, 0}).state->version(), (Version{epoch, 3}));
  EXPECT_EQ(refused(2, Version{0, 0}), ErrorCode::version_conflict);
}

TEST_F(TopicTest, IfVersionOfAnUnsetStateLetsThatStatePass) {
  set(1);
  const Version unset = set({}).state->version();
  set(1);
  EXPECT_EQ(refused(2, unset), ErrorCode::version_conflict);
  set({});
  EXPECT_EQ(refused(2, unset), ErrorCode::version_conflict);
  EXPECT_TRUE(set(2, Version{epoch, 4}).changed);
}

TEST_F(TopicTest, IfVersionIsCheckedEvenIfTheValueIsEqual) {
  set(1);
  EXPECT_EQ(refused(1, Version{epoch, 9}), ErrorCode::version_conflict);
}

TEST_F(TopicTest, TypeIsThatOfItsValue) {
  EXPECT_EQ(topic.type().type, ValueType::null);
  set(1);
  EXPECT_EQ(topic.type().type, ValueType::int64);
  EXPECT_EQ(refused("one"), ErrorCode::type_mismatch);
  EXPECT_EQ(refused(true), ErrorCode::type_mismatch);
  EXPECT_EQ(refused(1.0), ErrorCode::type_mismatch);
  EXPECT_EQ(topic.committed()->value(), Value(1));
}

TEST_F(TopicTest, Int64WidensInATopicOfDoubles) {
  set(1.5);
  const auto applied = set(2);
  EXPECT_EQ(applied.state->value(), Value(2.0));
  EXPECT_EQ(applied.state->value().type(), ValueType::float64);
  EXPECT_FALSE(set(2).changed);
}

TEST_F(TopicTest, MessagesOfAnotherTypeAreRefused) {
  set(MessageBytes{"a.Pose", "x"});
  EXPECT_EQ(refused(MessageBytes{"a.Twist", "x"}), ErrorCode::type_mismatch);
  EXPECT_TRUE(set(MessageBytes{"a.Pose", "y"}).changed);
}

TEST_F(TopicTest, UnsetIsATransitionToNullAndForgetsTheType) {
  set(1);
  const auto unset = set({});
  EXPECT_TRUE(unset.changed);
  EXPECT_TRUE(unset.state->value().is_null());
  EXPECT_EQ(unset.state->version().number, 2u);
  EXPECT_TRUE(topic.is_idle());
  EXPECT_EQ(topic.type().type, ValueType::null);
  EXPECT_EQ(set("text").state->version().number, 3u);
  EXPECT_EQ(refused(1), ErrorCode::type_mismatch);
}

TEST_F(TopicTest, UnsetForgetsTheTypeOfMessages) {
  set(MessageBytes{"a.Pose", "x"});
  set({});
  set(MessageBytes{"a.Twist", "x"});
  EXPECT_EQ(*topic.type().message_type, "a.Twist");
  EXPECT_EQ(refused(MessageBytes{"a.Pose", "x"}), ErrorCode::type_mismatch);
}

TEST_F(TopicTest, ADeclaredTypeSurvivesAnUnset) {
  ASSERT_TRUE(topic.declare_type(ValueType::int64, ""));
  set(1);
  set({});
  EXPECT_EQ(topic.type().type, ValueType::int64);
  EXPECT_EQ(refused("text"), ErrorCode::type_mismatch);
}

TEST_F(TopicTest, ALastWillKeepsTheTypeUntilItEnds) {
  topic.begin_last_will(Value(7));
  EXPECT_EQ(topic.type().type, ValueType::int64);
  EXPECT_EQ(refused("text"), ErrorCode::type_mismatch);
  // Another will takes the place of this one.
  EXPECT_TRUE(topic.check_last_will(Value("text")));
  set(1);
  EXPECT_FALSE(topic.check_last_will(Value("text")));
  set({});
  EXPECT_EQ(refused("text"), ErrorCode::type_mismatch);
  topic.end_last_will();
  EXPECT_TRUE(set("text").changed);
}

TEST_F(TopicTest, ALastWillThatIsUnsetKeepsNoType) {
  set(1);
  topic.begin_last_will({});
  set({});
  EXPECT_TRUE(set("text").changed);
}

TEST_F(TopicTest, AnIntegerAsTheLastWillOfATopicOfDoublesKeepsItsType) {
  set(1.5);
  ASSERT_TRUE(topic.check_last_will(Value(7)));
  topic.begin_last_will(Value(7));
  set({});
  EXPECT_EQ(topic.type().type, ValueType::float64);
  EXPECT_EQ(set(7).state->value(), Value(7.0));
}

TEST_F(TopicTest, ADeclarationAfterALastWillOutlivesIt) {
  topic.begin_last_will(Value(7));
  ASSERT_TRUE(topic.declare_type(ValueType::int64, ""));
  topic.end_last_will();
  EXPECT_EQ(refused("text"), ErrorCode::type_mismatch);
}

TEST_F(TopicTest, ReadersSeeTheTypeOfTheCommittedState) {
  set(1);
  ASSERT_TRUE(apply(Value()));
  EXPECT_EQ(topic.type().type, ValueType::int64);
  ASSERT_TRUE(apply("text"));
  EXPECT_EQ(topic.type().type, ValueType::int64);
}

TEST_F(TopicTest, UnsetOfATopicThatWasNeverSetChangesNothing) {
  const auto applied = set({});
  EXPECT_FALSE(applied.changed);
  EXPECT_EQ(applied.state, nullptr);
  EXPECT_EQ(version_of(applied.state), Version{});
}

TEST_F(TopicTest, APendingStateIsNotCommitted) {
  ASSERT_TRUE(apply(1));
  EXPECT_TRUE(topic.is_pending());
  EXPECT_EQ(topic.committed(), nullptr);
  EXPECT_FALSE(topic.is_idle());
}

TEST_F(TopicTest, ConditionsEqualityAndVersionsAreJudgedByThePendingState) {
  const auto first = apply(1);
  const auto second = apply(2, Version{epoch, 1});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->state->version().number, 2u);
  EXPECT_EQ(refused(3, Version{epoch, 1}), ErrorCode::version_conflict);
  const auto touch = apply(2);
  ASSERT_TRUE(touch);
  EXPECT_FALSE(touch->changed);
  EXPECT_EQ(touch->state, second->state);

  topic.commit(first->state, start + 1s);
  EXPECT_EQ(topic.committed()->value(), Value(1));
  EXPECT_TRUE(topic.is_pending());
  topic.commit(second->state, start + 2s);
  EXPECT_FALSE(topic.is_pending());
  EXPECT_EQ(topic.changed_at(), start + 2s);
}

}  // namespace
}  // namespace hoiku::broker
