// Subscriptions: inboxes, snapshots, and where they go on when a session was lost.
#include "tests/client/session/session_fixture.hpp"

namespace hoiku::client {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SubscriptionTest : public SessionTest {
 protected:
  void open(std::vector<std::string> topics) {
    id = subscribe(std::move(topics));
    take();
  }
  Received deliver(std::vector<proto::Delivery> deliveries, std::optional<std::uint64_t> snapshot_end = {},
                   std::uint64_t complete_through = 0) {
    proto::ServerFrame made = frame();
    made.deliveries = std::move(deliveries);
    if (snapshot_end) made.snapshot_ends.push_back(proto::SnapshotEnd{id, *snapshot_end, true});
    made.complete_through = complete_through;
    return give(made);
  }
  std::optional<proto::ResumePoint> resubscribed(std::uint64_t run) {
    cut();
    hello();
    welcome_new(run);
    const auto commands = take_commands();
    EXPECT_EQ(commands.size(), 1u);
    if (commands.empty()) return {};
    EXPECT_EQ(std::get<proto::Subscribe>(commands[0]).id, id);
    return std::get<proto::Subscribe>(commands[0]).resume;
  }
  proto::RequestId id = 0;
};

TEST_F(SubscriptionTest, AFrameIsAppliedWholeAndItsSubscriptionsAreNamedOnce) {
  connect();
  open({"a", "b"});
  auto second = delivery(id, "b", 1, 2);
  second.member = 1;
  EXPECT_THAT(deliver({delivery(id, "a", 1, 1), second}, 4).news, ElementsAre(id));
  EXPECT_EQ(session.latest_inbox(id)->latest(0)->value, Value(1));
  EXPECT_EQ(session.latest_inbox(id)->latest(1)->value, Value(2));
}

TEST_F(SubscriptionTest, ADeliveryAfterTheEndOfItsSubscriptionIsDropped) {
  connect();
  open({"a"});
  session.cancel(id);
  EXPECT_EQ(session.latest_inbox(id), nullptr);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<proto::Unsubscribe>(commands[0]).subscription, id);
  EXPECT_THAT(deliver({delivery(id, "a", 1, 1)}, 4).news, IsEmpty());
}

TEST_F(SubscriptionTest, WhatWasNotTakenCountsAgainstTheCreditOfTheNextSession) {
  connect();
  proto::Subscribe command;
  command.topics = {"a"};
  command.mode = proto::Mode::every;
  id = *session.submit(command);
  take();
  deliver({delivery(id, "a", 1, 1), delivery(id, "a", 2, 2), delivery(id, "a", 3, 3)}, 4);
  session.take(id);
  cut();
  hello();
  welcome_new(1);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<proto::Subscribe>(commands[0]).unread, 2u);
}

TEST_F(SubscriptionTest, ATopicThatIsUnsetIsDiscardedWhenTheBrokerHasSaidThatItsReaderIsComplete) {
  connect();
  open({"event/*"});
  deliver({}, 1);
  session.take(id);
  const std::size_t kept = options().limits.unset_topics_max;
  const auto come_and_go = [&](std::uint64_t nth, std::uint64_t complete_through) {
    const std::string topic = "event/" + std::to_string(nth);
    auto unset = delivery(id, topic, 2, Value(), nth);
    auto last = std::make_shared<Transition>(*unset.transition);
    last->revision = 1 + nth;
    unset.transition = last;
    deliver({unset}, {}, complete_through);
    session.take(id);
  };
  for (std::uint64_t i = 1; i <= 2 * kept; ++i) come_and_go(i, 0);
  EXPECT_EQ(session.latest_inbox(id)->topics(), 2 * kept);
  come_and_go(2 * kept + 1, 2 * kept + 2);
  EXPECT_FALSE(session.take(id));  // the item before is not used any more
  EXPECT_EQ(session.latest_inbox(id)->topics(), kept);
}

TEST_F(SubscriptionTest, ARefusedSubscriptionIsAnAnswer) {
  connect();
  open({"a"});
  proto::ServerFrame made = frame();
  proto::Failed failed;
  failed.id = id;
  failed.failure = {ErrorCode::limit_exceeded, "too many"};
  made.answers.emplace_back(failed);
  EXPECT_EQ(give(made).completions.size(), 1u);
  EXPECT_EQ(session.latest_inbox(id), nullptr);
}

TEST_F(SubscriptionTest, AfterALostSessionItResumesAtTheLastCompleteRevision) {
  connect();
  open({"s/*"});
  deliver({delivery(id, "s/a", 1, 1)}, 10);
  deliver({delivery(id, "s/a", 2, 2)}, {}, 17);
  const auto resume = resubscribed(1);
  ASSERT_TRUE(resume);
  EXPECT_EQ(resume->instance_id, 1u);
  EXPECT_EQ(resume->revision, 17u);
}

TEST_F(SubscriptionTest, CompletenessBeforeTheEndOfTheSnapshotDoesNotCount) {
  connect();
  open({"s/*"});
  deliver({}, {}, 30);
  deliver({}, 20);
  EXPECT_EQ(resubscribed(1)->revision, 20u);
}

TEST_F(SubscriptionTest, AnUnfinishedSnapshotIsAskedForAgainAsAWhole) {
  connect();
  open({"s/*"});
  deliver({delivery(id, "s/a", 1, 1)}, {}, 30);
  EXPECT_FALSE(resubscribed(1));
}

TEST_F(SubscriptionTest, AnInterruptedResumeStartsAgainAtTheSameRevision) {
  connect();
  open({"s/*"});
  deliver({}, 10);
  ASSERT_EQ(resubscribed(1)->revision, 10u);
  deliver({delivery(id, "s/a", 5, 5)}, {}, 40);  // part of the resumed snapshot
  EXPECT_EQ(resubscribed(1)->revision, 10u);
}

TEST_F(SubscriptionTest, AfterARestartKnownVersionsAreDroppedFromTheFullSnapshot) {
  connect(1);
  open({"s/*"});
  deliver({delivery(id, "s/durable", 3, 1), delivery(id, "s/volatile", 8, 2)}, 10);
  LatestInbox& inbox = *session.latest_inbox(id);
  while (inbox.take()) {
  }
  EXPECT_FALSE(resubscribed(2));
  const Received received = deliver({delivery(id, "s/durable", 3, 1)}, 1);
  EXPECT_THAT(received.news, ElementsAre(id));
  const auto item = inbox.take();
  ASSERT_TRUE(item);
  EXPECT_EQ(item->transition->topic, "s/volatile");
  EXPECT_TRUE(item->transition->value.is_null());
  EXPECT_FALSE(inbox.take());
}

TEST_F(SubscriptionTest, TwoRestartsBeforeAnythingWasSentStillAskForEverything) {
  connect(1);
  open({"s/*"});
  deliver({delivery(id, "s/volatile", 8, 2)}, 10);
  cut();
  hello();
  welcome_new(1);  // the session is lost; before the subscription goes out again, the broker restarts
  EXPECT_FALSE(resubscribed(2));
  LatestInbox& inbox = *session.latest_inbox(id);
  while (inbox.take()) {
  }
  deliver({}, 1);
  const auto item = inbox.take();
  ASSERT_TRUE(item);
  EXPECT_TRUE(item->transition->value.is_null());
}

TEST_F(SubscriptionTest, AnUnsentSubscriptionHasNoResumePoint) {
  id = subscribe({"a"});
  connect();
  cut();
  hello();
  welcome_new(2);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_FALSE(std::get<proto::Subscribe>(commands[0]).resume);
}

TEST_F(SubscriptionTest, AFilterAndAnIntervalAreSentAgainInTheNextSession) {
  connect();
  proto::Subscribe command;
  command.topics = {"s/*"};
  command.filter = *Predicate::parse("value > 3");
  command.interval = 100ms;
  id = *session.submit(command);
  take();
  deliver({}, 10);
  cut();
  hello();
  welcome_new(1);
  const auto commands = take_commands();
  ASSERT_EQ(commands.size(), 1u);
  const auto& again = std::get<proto::Subscribe>(commands[0]);
  ASSERT_TRUE(again.filter);
  EXPECT_EQ(again.filter->key(), command.filter->key());
  EXPECT_EQ(again.interval, 100ms);
}

TEST_F(SubscriptionTest, AReaderWithAnIntervalIsCompleteOnlyAsFarAsItsSnapshot) {
  connect();
  proto::Subscribe command;
  command.topics = {"s/*"};
  command.interval = 100ms;
  id = *session.submit(command);
  take();
  deliver({}, 10);
  deliver({delivery(id, "s/a", 5, 5)}, {}, 40);  // a newer state of this topic may be due
  EXPECT_EQ(resubscribed(1)->revision, 10u);
}

}  // namespace
}  // namespace hoiku::client
