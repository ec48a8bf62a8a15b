// Subscriptions in the mode `every`: each transition once and in order, within the limits of the history.
#include <algorithm>

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
    return each(subscription, topic, [](const proto::Delivery& sent) { return sent.transition->version.number; });
  }
  // How many it was told are missing before each of them.
  std::vector<std::uint64_t> lagged(proto::RequestId subscription, const std::string& topic) const {
    return each(subscription, topic, [](const proto::Delivery& sent) { return sent.lagged; });
  }

 private:
  template <class Number>
  std::vector<std::uint64_t> each(proto::RequestId subscription, const std::string& topic, Number number) const {
    std::vector<std::uint64_t> found;
    for (const auto& delivery : screen->deliveries) {
      if (delivery.subscription == subscription && delivery.transition->topic == topic)
        found.push_back(number(delivery));
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

// Without being told, a client could not know that it misses anything of a topic that it has never seen.
TEST_F(CoreEvery, AReaderThatComesBackIsToldWhatTheHistoryHasLost) {
  start(limited([](Limits& limits) { limits.history_transitions_max = 3; }));
  count("a", 1, 3);
  const proto::ResumePoint here{4711, statistics().commits};
  count("a", 4, 5);
  count("b", 1, 9);
  count("c", 1, 2);
  const auto again = screen->subscribe({"*"}, here, Mode::every);
  turn();
  EXPECT_EQ(numbers(again, "b"), sequence(7, 9));
  EXPECT_THAT(lagged(again, "b"), ElementsAre(6, 0, 0));
  EXPECT_THAT(lagged(again, "a"), ElementsAre(0, 0));
  EXPECT_THAT(lagged(again, "c"), ElementsAre(0, 0));
  EXPECT_EQ(statistics().lagged, 0u) << "nothing that a reader waited for was discarded";
}

class CoreEveryForgotten : public CoreEvery {
 protected:
  CoreEveryForgotten() { start_with_credit(Limits{}.credit_transitions); }
  void start_with_credit(std::uint64_t credit) {
    start(limited([credit](Limits& limits) {
      limits.removed_topics_max = 2;
      limits.turn_steps_max = 4;
      limits.credit_transitions = credit;
    }));
  }
  // Three topics come and go, of which the table remembers two.
  void remove_topics() {
    for (const char* topic : {"event/1", "event/2", "event/3"}) {
      set(topic, 1);
      set(topic, Value());
    }
  }
};

TEST_F(CoreEveryForgotten, TopicsThatExistContinueWhereTheReaderWas) {
  count("a", 1, 1);
  count("b", 1, 3);
  const proto::ResumePoint here{4711, statistics().commits};
  count("a", 2, 5);
  remove_topics();
  const auto again = screen->subscribe({"**"}, here, Mode::every);
  turn();
  advance(0s);
  EXPECT_EQ(numbers(again, "a"), sequence(2, 5));
  EXPECT_THAT(numbers(again, "b"), ElementsAre(3)) << "a whole snapshot mentions it, although it is unchanged";
  EXPECT_TRUE(screen->ends.at(again).whole) << "a topic that is not mentioned is unset";
  count("b", 4, 5);
  EXPECT_EQ(numbers(again, "b"), sequence(3, 5));
}

TEST_F(CoreEveryForgotten, AnUnchangedTopicThatChangesBeforeItIsMentionedLosesNothing) {
  count("b", 1, 3);
  const proto::ResumePoint here{4711, statistics().commits};
  remove_topics();
  screen->acknowledges = false;
  for (int i = 0; i < 40; ++i) set("noise", i);
  const auto noise = screen->subscribe({"noise"}, {}, Mode::every);
  for (int i = 0; i < 40; ++i) set("noise", i);  // fills the window
  const auto again = screen->subscribe({"*"}, here, Mode::every);
  turn();
  count("b", 4, 6);
  screen->acknowledges = true;
  screen->acknowledge();
  turn();
  for (int i = 0; i < 5; ++i) advance(0s);
  EXPECT_TRUE(screen->ends.contains(noise));
  EXPECT_TRUE(screen->ends.at(again).whole);
  EXPECT_EQ(numbers(again, "b"), sequence(4, 6));
}

// The table discards removed topics while the reader's scan goes on.
TEST_F(CoreEveryForgotten, SoDoTopicsThatWereScannedBeforeTheTableForgot) {
  for (int i = 0; i < 20; ++i) count("t/" + std::to_string(i), 1, 2);
  const proto::ResumePoint here{4711, statistics().commits};
  count("t/0", 3, 5);
  const auto again = screen->subscribe({"**"}, here, Mode::every);
  turn();
  EXPECT_FALSE(screen->ends.contains(again)) << "the scan goes on in the next turn";
  remove_topics();
  count("t/0", 6, 7);
  for (int i = 0; i < 20; ++i) advance(0s);
  ASSERT_TRUE(screen->ends.contains(again));
  EXPECT_TRUE(screen->ends.at(again).whole);
  std::vector<std::uint64_t> told = numbers(again, "t/0");
  told.erase(std::unique(told.begin(), told.end()), told.end());  // it may be mentioned once more
  EXPECT_EQ(told, sequence(3, 7));
  for (int i = 1; i < 20; ++i) EXPECT_THAT(numbers(again, "t/" + std::to_string(i)), ElementsAre(2));
}

// A removed topic takes the credit, so a topic that was mentioned again changes before the mention is sent.
TEST_F(CoreEveryForgotten, ATopicThatChangesWhileItsMentionWaitsForCreditLosesNothing) {
  start_with_credit(1);
  for (int i = 0; i < 10; ++i) count("t/" + std::to_string(i), 1, 2);
  const proto::ResumePoint here{4711, statistics().commits};
  const auto again = screen->subscribe({"**"}, here, Mode::every);
  turn();
  remove_topics();
  for (int i = 0; i < 10; ++i) advance(0s);
  ASSERT_EQ(screen->deliveries.size(), 1u);
  count("t/0", 3, 5);
  EXPECT_THAT(numbers(again, "t/0"), IsEmpty());
  for (std::uint64_t taken = 1; taken <= 20; ++taken) {
    screen->renew(again, taken);
    turn();
  }
  EXPECT_EQ(numbers(again, "t/0"), sequence(3, 5));
  EXPECT_THAT(numbers(again, "t/1"), ElementsAre(2)) << "the snapshot has become a whole one: all are mentioned";
  EXPECT_TRUE(screen->ends.at(again).whole);
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
  start(limited([](Limits& limits) {
    limits.credit_transitions = 2;
    limits.removed_topics_max = 0;
  }));
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
