// Subscriptions in the mode `every`: each transition once and in order, within the limits of the history.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using proto::Mode;
using testing::ElementsAre;
using testing::IsEmpty;

class CoreEvery : public RobotAndScreenTest {
 protected:
  void count(const std::string& topic, int from, int to) {
    for (int i = from; i <= to; ++i) set(topic, i);
  }
  // The numbers of the versions that one subscription was sent, in order.
  std::vector<std::uint64_t> numbers(proto::RequestId subscription, const std::string& topic) const {
    std::vector<std::uint64_t> found;
    for (const auto& delivery : screen->deliveries) {
      if (delivery.subscription == subscription && delivery.transition->topic == topic)
        found.push_back(delivery.transition->version.number);
    }
    return found;
  }
};

std::vector<std::uint64_t> sequence(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> made;
  for (; from <= to; ++from) made.push_back(from);
  return made;
}

TEST_F(CoreEvery, BeginsWithASnapshotAndContinuesWithEachTransition) {
  count("a", 1, 3);
  const auto all = screen->subscribe({"a"}, {}, Mode::every);
  turn();
  EXPECT_THAT(numbers(all, "a"), ElementsAre(3));
  EXPECT_TRUE(screen->ends.contains(all));
  robot->set("a", 4);
  robot->set("a", 5);
  robot->set("a", 6);
  turn();
  EXPECT_EQ(numbers(all, "a"), sequence(3, 6));
  EXPECT_EQ(screen->complete_through, 6u);
}

TEST_F(CoreEvery, ATopicThatIsCreatedLaterIsSentFromItsFirstVersionOn) {
  const auto all = screen->subscribe({"sensor/*"}, {}, Mode::every);
  turn();
  robot->set("sensor/a", 1);
  robot->set("sensor/a", 2);
  robot->set("sensor/b", 1);
  turn();
  EXPECT_THAT(numbers(all, "sensor/a"), ElementsAre(1, 2));
  EXPECT_THAT(numbers(all, "sensor/b"), ElementsAre(1));
}

TEST_F(CoreEvery, ASlowReaderGetsEveryTransitionLater) {
  const auto all = screen->subscribe({"a"}, {}, Mode::every);
  const auto newest = screen->subscribe({"a"});
  turn();
  screen->acknowledges = false;
  count("a", 1, 32);  // a batch each: then the window is closed
  for (int i = 33; i <= 60; ++i) robot->set("a", i);
  turn();
  EXPECT_LT(numbers(all, "a").size(), 60u);
  screen->acknowledges = true;
  screen->acknowledge();
  turn();
  EXPECT_EQ(numbers(all, "a"), [] {
    auto expected = sequence(0, 60);  // 0: the topic was not set
    return expected;
  }());
  EXPECT_LT(numbers(newest, "a").size(), 60u);
}

TEST_F(CoreEvery, ADiscardedHistoryIsSkippedToTheCommittedState) {
  start(limited([](Limits& limits) {
    limits.history_transitions_max = 4;
    limits.credit_transitions = 1;
  }));
  const auto all = screen->subscribe({"a"}, {}, Mode::every);
  turn();  // the one transition that it has credit for: not set
  count("a", 1, 10);
  screen->renew(all, 1);
  turn();
  EXPECT_THAT(numbers(all, "a"), ElementsAre(0, 10));
  EXPECT_EQ(statistics().lagged, 9u);
  screen->renew(all, 2);
  count("a", 11, 13);
  screen->renew(all, 3);
  turn();
  EXPECT_THAT(numbers(all, "a"), ElementsAre(0, 10, 11, 12));
}

TEST_F(CoreEvery, IsSentNoMoreThanItsCredit) {
  start(limited([](Limits& limits) { limits.credit_transitions = 5; }));
  const auto all = screen->subscribe({"*"}, {}, Mode::every);
  turn();
  count("a", 1, 4);
  count("b", 1, 4);
  EXPECT_EQ(screen->deliveries.size(), 5u);
  EXPECT_LT(screen->complete_through, 8u);
  screen->renew(all, 2);
  turn();
  EXPECT_EQ(screen->deliveries.size(), 7u);
  screen->renew(all, 1);  // `taken` is a total, so a smaller one has no effect
  turn();
  EXPECT_EQ(screen->deliveries.size(), 7u);
  screen->renew(all, 1'000'000);  // more than was sent cannot have been taken
  turn();
  EXPECT_EQ(numbers(all, "a"), sequence(1, 4));
  EXPECT_EQ(numbers(all, "b"), sequence(1, 4));
  EXPECT_EQ(screen->complete_through, 8u);
  count("b", 5, 20);
  EXPECT_EQ(numbers(all, "b"), sequence(1, 8));
}

TEST_F(CoreEvery, AReaderWithoutCreditDoesNotDelayOthersOfItsSession) {
  start(limited([](Limits& limits) { limits.credit_transitions = 1; }));
  screen->subscribe({"a"}, {}, Mode::every);
  const auto newest = screen->subscribe({"a"});
  turn();
  count("a", 1, 3);
  EXPECT_EQ(numbers(newest, "a").back(), 3u);
}

TEST_F(CoreEvery, AnUnsetTopicIsKeptUntilItsReadersWereSentThat) {
  start(limited([](Limits& limits) { limits.credit_transitions = 2; }));
  const auto all = screen->subscribe({"*"}, {}, Mode::every);
  turn();
  count("a", 1, 3);
  robot->set("a", Value());
  turn();
  EXPECT_EQ(statistics().topics, 1u);
  screen->renew(all, 2);
  turn();
  EXPECT_EQ(numbers(all, "a"), sequence(1, 4));
  EXPECT_EQ(statistics().topics, 0u);
  EXPECT_EQ(statistics().history_bytes, 0u);
}

TEST_F(CoreEvery, AReaderThatLostItsSessionContinuesWhereItWas) {
  count("a", 1, 3);
  count("b", 1, 1);
  const proto::ResumePoint here{4711, statistics().commits};
  count("a", 4, 6);
  count("c", 1, 2);
  const auto again = screen->subscribe({"*"}, here, Mode::every);
  turn();
  EXPECT_EQ(numbers(again, "a"), sequence(4, 6));
  EXPECT_THAT(numbers(again, "b"), IsEmpty());
  EXPECT_EQ(numbers(again, "c"), sequence(1, 2));
  EXPECT_FALSE(screen->ends.at(again).whole);
  EXPECT_EQ(screen->ends.at(again).revision, statistics().commits);
}

// The topic's first states are pending when the reader subscribes.
TEST_F(CoreEvery, AResumingReaderMissesNoWriteOfTheSameTurn) {
  count("b", 1, 1);
  robot->set("a", 1);
  robot->set("a", 2);
  const auto again = screen->subscribe({"a"}, proto::ResumePoint{4711, 1}, Mode::every);
  turn();
  EXPECT_EQ(numbers(again, "a"), sequence(1, 2));
}

TEST_F(CoreEvery, AReaderThatWasAwayTooLongGetsTheKeptHistory) {
  start(limited([](Limits& limits) { limits.history_transitions_max = 3; }));
  count("a", 1, 2);
  const proto::ResumePoint here{4711, statistics().commits};
  count("a", 3, 9);
  const auto again = screen->subscribe({"a"}, here, Mode::every);
  turn();
  EXPECT_EQ(numbers(again, "a"), sequence(7, 9));
}

TEST_F(CoreEvery, ALargeStateDoesNotStarveBehindSmallOnesOfItsSession) {
  const auto all = screen->subscribe({"picture"}, {}, Mode::every);
  const auto newest = screen->subscribe({"level"});
  turn();
  screen->acknowledges = false;
  set("level", 1);
  set("picture", std::string(Limits{}.value_bytes_max, 'x'));  // fits only if nothing else is unacknowledged
  for (int level = 2; level < 10; ++level) {
    const std::uint64_t before = screen->received;
    set("level", level);
    screen->get("level");  // the answer makes the session build a frame
    turn();
    screen->acknowledged = before;  // so that a small frame is always unacknowledged, if one was sent
    core->receive(screen->peer, screen->frame(), at());
    turn();
  }
  EXPECT_THAT(numbers(all, "picture"), ElementsAre(0, 1));
  screen->acknowledge();
  turn();
  EXPECT_EQ(screen->take_deliveries(newest).back().second, Value(9));
}

TEST_F(CoreEvery, ACompositeIsRefused) {
  const auto refused = screen->subscribe({"a", "b"}, {}, Mode::every);
  turn();
  EXPECT_EQ(screen->failed(refused), ErrorCode::invalid_argument);
}

TEST_F(CoreEvery, LeavesNothingBehindWheneverItIsClosed) {
  start(limited([](Limits& limits) { limits.credit_transitions = 2; }));
  const auto starving = screen->subscribe({"*"}, {}, Mode::every);
  const auto busy = screen->subscribe({"a"}, {}, Mode::every);
  turn();
  count("a", 1, 9);
  screen->unsubscribe(starving);
  turn();
  EXPECT_EQ(statistics().subscriptions, 1u);
  screen->renew(busy, 1);
  screen->unsubscribe(busy);
  robot->set("a", Value());
  screen->goodbye();
  robot->goodbye();
  turn();
  expect_nothing_left();
  EXPECT_EQ(statistics().history_bytes, 0u);
}

}  // namespace
}  // namespace hoiku::broker
