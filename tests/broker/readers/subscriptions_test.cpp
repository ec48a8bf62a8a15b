#include "broker/core/readers/subscriptions.hpp"

#include <gmock/gmock.h>

#include <deque>

#include "tests/broker/make_state.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr TopicId topic_a{0}, topic_b{1}, topic_c{7};

class SubscriptionsTest : public testing::Test {
 protected:
  Subscription& open(SubscriptionKind kind, std::uint64_t session = 1, const std::string& pattern = "") {
    SubscriptionOptions options;
    options.owner = SessionId{session};
    options.id = opened.size() + 1;
    options.kind = kind;
    options.pattern = pattern;
    Subscription& added = opened.emplace_back(options, queue);
    subscriptions.open(added);
    return added;
  }
  static StartPosition in_snapshot() {
    StartPosition start;
    start.in_snapshot = true;
    return start;
  }
  std::vector<SessionId> commit(TopicId topic) {
    std::vector<SessionId> woken;
    std::vector<FailedSubscription> failed;
    const State nothing;
    subscriptions.on_transition(TopicTransition{topic, nothing, nothing}, woken, failed);
    return woken;
  }
  std::vector<TopicId> close(Subscription& subscription) {
    std::vector<TopicId> released;
    subscriptions.close(subscription, released);
    return released;
  }
  // Does what an outbox does when it has sent the first unit of the queue.
  void send_first() {
    Slot& unit = static_cast<Slot&>(*queue.first());
    Subscription& subscription = unit.subscription();
    queue.erase(unit);
    const State state = make_state(Transition());
    const auto send = [&](Slot& slot) { subscription.deliver_latest(slot, state, TimePoint()); };
    if (subscription.options().kind != SubscriptionKind::composite) return send(unit);
    for (const auto& slot : subscription.slots()) {
      if (slot->is_dirty()) send(*slot);
    }
  }
  std::size_t queued() const {
    std::size_t count = 0;
    for (const QueueEntry* entry = queue.first(); entry != nullptr; entry = entry->next()) ++count;
    return count;
  }

  Limits limits = [] {
    Limits few;
    few.slots_per_session_max = 10;
    return few;
  }();
  Subscriptions subscriptions{limits};
  DeliveryQueue queue;
  std::deque<Subscription> opened;
};

TEST_F(SubscriptionsTest, ACommitMakesTheTopicsSlotsDirtyAndNoOthers) {
  Subscription& one = open(SubscriptionKind::plain);
  Subscription& two = open(SubscriptionKind::plain);
  ASSERT_TRUE(subscriptions.attach(one, topic_a, 0, StartPosition()));
  ASSERT_TRUE(subscriptions.attach(two, topic_b, 0, StartPosition()));
  EXPECT_THAT(commit(topic_a), ElementsAre(SessionId{1}));
  EXPECT_TRUE(one.slots()[0]->is_dirty());
  EXPECT_FALSE(two.slots()[0]->is_dirty());
  EXPECT_THAT(commit(topic_c), IsEmpty());
}

TEST_F(SubscriptionsTest, ADirtySlotStaysOneSlotAndIsCountedAsConflated) {
  Subscription& one = open(SubscriptionKind::plain);
  ASSERT_TRUE(subscriptions.attach(one, topic_a, 0, StartPosition()));
  commit(topic_a);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(commit(topic_a), IsEmpty());
  EXPECT_EQ(queued(), 1u);
  EXPECT_EQ(subscriptions.conflated(), 5u);
}

TEST_F(SubscriptionsTest, ASlotOfTheSnapshotIsDirtyFromTheStart) {
  Subscription& one = open(SubscriptionKind::plain);
  ASSERT_TRUE(subscriptions.attach(one, topic_a, 0, in_snapshot()));
  EXPECT_EQ(queued(), 1u);
  EXPECT_FALSE(one.is_snapshot_complete());
  send_first();
  EXPECT_TRUE(one.is_snapshot_complete());
}

TEST_F(SubscriptionsTest, ACompositeIsQueuedOnce) {
  Subscription& both = open(SubscriptionKind::composite);
  ASSERT_TRUE(subscriptions.attach(both, topic_a, 0, StartPosition()));
  ASSERT_TRUE(subscriptions.attach(both, topic_b, 1, StartPosition()));
  EXPECT_THAT(commit(topic_b), ElementsAre(SessionId{1}));
  EXPECT_THAT(commit(topic_a), IsEmpty());
  EXPECT_EQ(queued(), 1u);
  EXPECT_EQ(both.dirty(), 2u);
  send_first();
  EXPECT_EQ(both.dirty(), 0u);
  EXPECT_TRUE(queue.empty());
}

TEST_F(SubscriptionsTest, ReadersByNameKeepATopicAndPatternsDoNot) {
  Subscription& pattern = open(SubscriptionKind::pattern, 1, "**");
  ASSERT_TRUE(subscriptions.attach(pattern, topic_a, 0, StartPosition()));
  EXPECT_FALSE(subscriptions.keeps(topic_a));
  Subscription& plain = open(SubscriptionKind::plain);
  ASSERT_TRUE(subscriptions.attach(plain, topic_a, 0, StartPosition()));
  EXPECT_TRUE(subscriptions.keeps(topic_a));
  EXPECT_THAT(close(plain), ElementsAre(topic_a));
  EXPECT_FALSE(subscriptions.keeps(topic_a));
}

TEST_F(SubscriptionsTest, APatternKeepsATopicUntilItWasSentItsLastState) {
  Subscription& pattern = open(SubscriptionKind::pattern, 1, "**");
  ASSERT_TRUE(subscriptions.attach(pattern, topic_a, 0, StartPosition()));
  commit(topic_a);
  EXPECT_TRUE(subscriptions.keeps(topic_a));
  send_first();
  EXPECT_FALSE(subscriptions.keeps(topic_a));
  subscriptions.topic_removed(topic_a);
  EXPECT_TRUE(pattern.slots().empty());
  EXPECT_EQ(queue.slots, 0u);
}

TEST_F(SubscriptionsTest, RemovalOfATopicLeavesTheOtherSlotsOfAPatternInPlace) {
  Subscription& pattern = open(SubscriptionKind::pattern, 1, "**");
  for (const TopicId id : {topic_a, topic_b, topic_c})
    ASSERT_TRUE(subscriptions.attach(pattern, id, 0, StartPosition()));
  subscriptions.topic_removed(topic_a);
  EXPECT_EQ(pattern.slots().size(), 2u);
  EXPECT_THAT(close(pattern), UnorderedElementsAre(topic_b, topic_c));
}

TEST_F(SubscriptionsTest, ANewTopicIsAttachedToMatchingPatterns) {
  Subscription& one = open(SubscriptionKind::pattern, 1, "x/*");
  Subscription& two = open(SubscriptionKind::pattern, 2, "y/*");
  std::vector<RefusedSubscription> refused;
  subscriptions.topic_created(topic_a, "x/1", 0, refused);
  EXPECT_EQ(one.slots().size(), 1u);
  EXPECT_FALSE(one.slots()[0]->is_dirty());
  EXPECT_TRUE(two.slots().empty());
}

TEST_F(SubscriptionsTest, AScanningPatternIsAttachedToEachTopicOnce) {
  Subscription& scanning = open(SubscriptionKind::pattern, 1, "**");
  scanning.scan().begin();
  scanning.scan().advance(1);
  std::vector<RefusedSubscription> refused;
  subscriptions.topic_created(topic_a, "x", 0, refused);  // place 0: the scan has passed it
  subscriptions.topic_created(topic_b, "y", 0, refused);  // place 1: the scan will reach it
  EXPECT_EQ(scanning.slots().size(), 1u);
}

TEST_F(SubscriptionsTest, AReaderThatStillHasASlotForARestoredTopicGetsNoSecond) {
  Subscription& resuming = open(SubscriptionKind::pattern, 1, "**");
  Subscription& other = open(SubscriptionKind::pattern, 2, "**");
  ASSERT_TRUE(subscriptions.attach(resuming, topic_a, 0, in_snapshot()));
  std::vector<RefusedSubscription> refused;
  subscriptions.topic_created(topic_a, "x", 2, refused);
  EXPECT_EQ(resuming.slots().size(), 1u);
  EXPECT_TRUE(resuming.slots()[0]->is_dirty());
  ASSERT_EQ(other.slots().size(), 1u);
  EXPECT_FALSE(other.slots()[0]->is_dirty());
}

TEST_F(SubscriptionsTest, SlotsAreLimitedPerSession) {
  Subscription& many = open(SubscriptionKind::pattern, 1, "**");
  for (std::uint32_t i = 0; i < 10; ++i) ASSERT_TRUE(subscriptions.attach(many, TopicId{i}, 0, StartPosition()));
  EXPECT_FALSE(subscriptions.attach(many, TopicId{10}, 0, StartPosition()));
  std::vector<RefusedSubscription> refused;
  subscriptions.topic_created(TopicId{11}, "x", 0, refused);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].subscription, &many);
  EXPECT_EQ(refused[0].failure.message, "the session would read more than 10 topics");
}

TEST_F(SubscriptionsTest, ClosingTakesDirtySlotsOutOfTheQueue) {
  Subscription& one = open(SubscriptionKind::plain);
  Subscription& both = open(SubscriptionKind::composite);
  ASSERT_TRUE(subscriptions.attach(one, topic_a, 0, in_snapshot()));
  ASSERT_TRUE(subscriptions.attach(both, topic_a, 0, in_snapshot()));
  ASSERT_TRUE(subscriptions.attach(both, topic_a, 1, in_snapshot()));
  EXPECT_EQ(queued(), 2u);
  close(both);
  EXPECT_EQ(queued(), 1u);
  close(one);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(subscriptions.size(), 0u);
  EXPECT_FALSE(subscriptions.keeps(topic_a));
}

}  // namespace
}  // namespace hoiku::broker
