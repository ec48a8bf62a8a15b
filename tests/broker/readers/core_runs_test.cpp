// Runs: how deliveries travel once the client knows their slots.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// A screen whose frames are looked at as they travel.
class CoreRuns : public CoreTest {
 protected:
  CoreRuns() {
    robot.connect();
    screen.connect();
  }
  // Returns the frames that the screen was sent, as they travelled, of which it takes each.
  std::vector<proto::ServerFrame> frames() {
    std::vector<proto::ServerFrame> sent;
    commit();
    while (auto out = core->take_output(at())) {
      if (out->peer == screen.peer) sent.push_back(*out->frame);
      deliver(*out);
    }
    return sent;
  }
  proto::ServerFrame frame() {
    auto all = frames();
    return all.empty() ? proto::ServerFrame() : all.front();
  }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
};

TEST_F(CoreRuns, TheFirstDeliveryNamesATopicAndLaterOnesAreRuns) {
  screen.subscribe({"a"}, {}, proto::Mode::every);
  turn();
  robot.set("a", Value(1));
  const auto first = frame();
  ASSERT_THAT(first.deliveries, SizeIs(1));
  EXPECT_EQ(first.deliveries[0].slot, 1u);
  EXPECT_THAT(first.runs, IsEmpty());
  for (int i = 2; i <= 5; ++i) robot.set("a", Value(i));
  const auto second = frame();
  EXPECT_THAT(second.deliveries, IsEmpty());
  ASSERT_THAT(second.runs, SizeIs(1));
  EXPECT_EQ(second.runs[0].slot, 1u);
  EXPECT_EQ(second.runs[0].number, 2u);
  EXPECT_EQ(second.runs[0].count, 4u);
  EXPECT_EQ(screen.last_value("a"), Value(5));
}

TEST_F(CoreRuns, AnUnsetTopicHasNoSlotBeforeItIsSet) {
  screen.subscribe({"a"});
  const auto unset = frame();
  ASSERT_THAT(unset.deliveries, SizeIs(1));
  EXPECT_EQ(unset.deliveries[0].slot, 0u);
  robot.set("a", Value(1));
  EXPECT_EQ(frame().deliveries.at(0).slot, 1u);
}

TEST_F(CoreRuns, ALaggingReaderIsToldByADelivery) {
  restart(limited([](Limits& limits) {
    limits.credit_transitions = 2;
    limits.history_transitions_max = 2;
  }));
  robot.connect();
  screen.connect();
  const auto reader = screen.subscribe({"a"}, {}, proto::Mode::every);
  robot.set("a", Value(1));
  turn();
  for (int i = 2; i <= 9; ++i) {
    robot.set("a", Value(i));
    turn();
  }
  screen.renew(reader, 2);
  const auto sent = frame();
  ASSERT_THAT(sent.deliveries, SizeIs(1));
  EXPECT_GT(sent.deliveries[0].lagged, 0u);
  EXPECT_EQ(sent.deliveries[0].slot, 0u);  // it is known
}

TEST_F(CoreRuns, TransitionsOfSeveralTopicsStayInTheOrderOfTheirRevisions) {
  screen.subscribe({"*"}, {}, proto::Mode::every);
  for (const char* topic : {"a", "b"}) robot.set(topic, Value(0));
  turn();
  for (int i = 1; i <= 3; ++i) {
    robot.set("a", Value(i));
    robot.set("b", Value(i));
  }
  robot.set("b", Value(4));
  EXPECT_THAT(frame().runs, SizeIs(6));  // the last two of "b" follow one another; the fixture checks the order
}

TEST_F(CoreRuns, TheSlotOfAReaderThatIsGoneIsGivenToTheNext) {
  robot.set("a", Value(1));
  robot.set("b", Value(1));
  const auto first = screen.subscribe({"a"});
  EXPECT_EQ(frame().deliveries.at(0).slot, 1u);
  screen.unsubscribe(first);
  screen.subscribe({"b"});
  EXPECT_EQ(frame().deliveries.at(0).slot, 1u);
  robot.set("b", Value(2));
  EXPECT_EQ(frame().runs.at(0).slot, 1u);
  EXPECT_EQ(screen.last_value("b"), Value(2));
}

TEST_F(CoreRuns, ATopicThatWasForgottenHasAnotherSlot) {
  restart(limited([](Limits& limits) { limits.removed_topics_max = 0; }));
  robot.connect();
  screen.connect();
  screen.subscribe({"*"});
  turn();
  robot.set("a", Value(1));
  turn();
  robot.set("a", Value());
  turn();
  robot.set("a", Value(2));
  const auto sent = frame();
  ASSERT_THAT(sent.deliveries, SizeIs(1));
  EXPECT_EQ(sent.deliveries[0].slot, 1u);  // of another epoch
  EXPECT_THAT(sent.runs, IsEmpty());
}

TEST_F(CoreRuns, AWriterIsNamedWhereItChanges) {
  FakeClient hand{*this, "hand", 3};
  hand.connect();
  screen.subscribe({"a"}, {}, proto::Mode::every);
  robot.set("a", Value(1));
  turn();
  robot.set("a", Value(2));
  hand.set("a", Value(3));
  robot.set("a", Value(4));
  screen.deliveries.clear();
  ASSERT_THAT(frame().runs, SizeIs(1));
  std::vector<std::string> writers;
  for (const auto& delivery : screen.deliveries) writers.push_back(delivery.transition->writer);
  EXPECT_EQ(writers, (std::vector<std::string>{"robot", "hand", "robot"}));
}

TEST_F(CoreRuns, AllMembersOfACompositeTravelInOneFrame) {
  const auto both = screen.subscribe({"a", "b"});
  turn();
  robot.commit({{"a", Value(1), {}, {}}, {"b", Value(1), {}, {}}});
  turn();
  robot.commit({{"a", Value(2), {}, {}}, {"b", Value(2), {}, {}}});
  screen.deliveries.clear();
  const auto sent = frames();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_THAT(sent[0].runs, SizeIs(2));
  ASSERT_THAT(screen.deliveries, SizeIs(2));
  EXPECT_EQ(screen.deliveries[0].member + screen.deliveries[1].member, 1u);
  EXPECT_EQ(screen.deliveries[1].subscription, both);
}

TEST_F(CoreRuns, WhatAFilterHasCountedTravelsInADelivery) {
  proto::Subscribe command;
  command.topics = {"a"};
  command.filter = *Predicate::parse("value != 2");
  screen.subscribe(std::move(command));
  robot.set("a", Value(1));
  turn();
  robot.set("a", Value(3));
  EXPECT_THAT(frame().runs, SizeIs(1));
  robot.set("a", Value(2));
  turn();
  robot.set("a", Value(4));
  const auto counted = frame();
  ASSERT_THAT(counted.deliveries, SizeIs(1));
  EXPECT_EQ(counted.deliveries[0].filtered, 1u);
  robot.set("a", Value(5));
  EXPECT_THAT(frame().runs, SizeIs(1));
}

TEST_F(CoreRuns, AReaderWithAnIntervalHasRunsToo) {
  proto::Subscribe command;
  command.topics = {"a"};
  command.interval = 1s;
  screen.subscribe(std::move(command));
  robot.set("a", Value(1));
  turn();
  advance(2s);
  robot.set("a", Value(2));
  EXPECT_THAT(frame().runs, SizeIs(1));
  EXPECT_EQ(screen.last_value("a"), Value(2));
}

TEST_F(CoreRuns, ATopicOrAWriterWithALongNameTravelsWithIt) {
  restart(limited([](Limits& limits) { limits.topic_name_bytes_max = limits.client_name_bytes_max = 5000; }));
  robot.connect();
  screen.connect();
  FakeClient hand{*this, std::string(2000, 'h'), 3};
  hand.connect();
  const std::string long_name(2000, 'x');
  screen.subscribe({"*"}, {}, proto::Mode::every);
  for (int i = 1; i <= 2; ++i) {
    robot.set(long_name, Value(i));
    hand.set("a", Value(i));
    const auto sent = frame();
    EXPECT_THAT(sent.deliveries, SizeIs(2));
    EXPECT_THAT(sent.runs, IsEmpty());
  }
  robot.set("a", Value(3));
  EXPECT_THAT(frame().runs, SizeIs(1));
}

TEST_F(CoreRuns, AFrameThatIsSentAgainHasTheSameRuns) {
  screen.subscribe({"a"}, {}, proto::Mode::every);
  robot.set("a", Value(1));
  turn();
  robot.set("a", Value(2));
  commit();
  std::optional<proto::ServerFrame> lost;
  while (auto out = core->take_output(at())) {
    if (out->peer == screen.peer) {
      lost = *out->frame;
    } else {
      deliver(*out);
    }
  }
  screen.cut();
  screen.say_hello();
  const auto again = frames();  // a welcome, and the frame
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[1].number, lost->number);
  ASSERT_THAT(again[1].runs, SizeIs(1));
  EXPECT_EQ(again[1].runs[0].changes, lost->runs.at(0).changes);
  EXPECT_EQ(screen.last_value("a"), Value(2));
}

}  // namespace
}  // namespace hoiku::broker
