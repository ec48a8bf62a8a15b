// Subscriptions with a filter: states that pass are sent, the others are counted.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using proto::Mode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

proto::Subscribe filtered(std::vector<std::string> topics, const std::string& predicate, Mode mode = Mode::latest) {
  proto::Subscribe command;
  command.topics = std::move(topics);
  command.mode = mode;
  command.filter = *Predicate::parse(predicate);
  return command;
}

proto::Subscribe resumed(proto::Subscribe command, std::uint64_t revision, std::uint64_t run = 4711) {
  command.resume = proto::ResumePoint{run, revision};
  return command;
}

class CoreFilter : public RobotAndScreenTest {
 protected:
  proto::RequestId read(const proto::Subscribe& command) {
    const auto id = screen->subscribe(command);
    turn();
    return id;
  }
  // "value version+filtered", with "!lagged" and "@count_baseline" if they are not 0.
  std::vector<std::string> take_sent(proto::RequestId subscription) {
    std::vector<std::string> lines;
    for (const auto& delivery : std::exchange(screen->deliveries, {})) {
      if (delivery.subscription != subscription) continue;
      std::string line = to_display_string(delivery.transition->value) + " " +
                         std::to_string(delivery.transition->version.number) + "+" + std::to_string(delivery.filtered);
      if (delivery.lagged > 0) line += "!" + std::to_string(delivery.lagged);
      if (delivery.count_baseline > 0) line += "@" + std::to_string(delivery.count_baseline);
      lines.push_back(line);
    }
    return lines;
  }
  Failure refusal(const proto::Subscribe& command) {
    const auto id = read(command);
    return screen->answered<proto::Failed>(id).failure;
  }
  void close_the_window() {
    screen->acknowledges = false;
    for (std::size_t left = Limits().window_batches; left > 0; --left) set("filler", static_cast<int>(left));
    take_sent(0);
  }
  void open_the_window() {
    screen->acknowledges = true;
    screen->acknowledge();
    turn();
  }
};

// ---- latest

TEST_F(CoreFilter, SendsMatchesAndCountsOtherStates) {
  const auto high = read(filtered({"a"}, "value > 3"));
  EXPECT_THAT(take_sent(high), IsEmpty());
  EXPECT_TRUE(screen->ends.contains(high));
  set_all("a", {1, 5, 2, 3, 7});
  EXPECT_THAT(take_sent(high), ElementsAre("5 2+1", "7 5+2"));
  EXPECT_EQ(statistics().filtered, 3u);
}

TEST_F(CoreFilter, AStateThatDoesNotPassWakesNoSession) {
  read(filtered({"a"}, "value > 3"));
  const std::size_t frames = screen->frames.size();
  robot->set("a", 1);
  commit();
  turn();
  EXPECT_THAT(screen->frames, SizeIs(frames));
}

TEST_F(CoreFilter, TheSnapshotHasTheCommittedStatesThatPass) {
  set("x/1", 1);
  set("x/5", 5);
  set("x/text", "text");
  const auto high = read(filtered({"x/*"}, "value > int64(3)"));
  EXPECT_THAT(take_sent(high), ElementsAre("5 1+0"));
  ASSERT_TRUE(screen->ends.contains(high));
  EXPECT_FALSE(screen->ends.at(high).whole) << "a topic that was not sent need not be unset";
}

TEST_F(CoreFilter, ASlowReaderKeepsTheLastStateThatPassed) {
  read(filtered({"filler"}, "value > 0"));
  const auto high = read(filtered({"a"}, "value > 3"));
  close_the_window();
  set_all("a", {4, 5, 1, 2});
  open_the_window();
  EXPECT_THAT(take_sent(high), ElementsAre("5 2+0"));  // 4 was replaced; 1 and 2 change nothing
  set_all("a", {3, 8});
  EXPECT_THAT(take_sent(high), ElementsAre("8 6+3"));
}

TEST_F(CoreFilter, AReplacedMatchCountsAsConflated) {
  read(filtered({"filler"}, "value > 0"));
  const auto high = read(filtered({"a"}, "value > 3"));
  close_the_window();
  set_all("a", {4, 1, 6});
  open_the_window();
  EXPECT_THAT(take_sent(high), ElementsAre("6 3+1"));
}

TEST_F(CoreFilter, OldValueIsThePreviousVersion) {
  const auto rising = read(filtered({"a"}, "value > old_value"));
  set_all("a", {1, 2, 1, 3});
  EXPECT_THAT(take_sent(rising), ElementsAre("2 2+1", "3 4+1"));
  const auto later = read(filtered({"a"}, "value > old_value"));
  EXPECT_THAT(take_sent(later), ElementsAre("3 4+0"));
}

TEST_F(CoreFilter, WithoutThePreviousVersionAnOldValueFilterDoesNotPass) {
  start(limited([](Limits& limits) { limits.history_transitions_max = 1; }));
  set_all("a", {1, 2});
  const auto rising = read(filtered({"a"}, "value > old_value"));
  EXPECT_THAT(take_sent(rising), IsEmpty());
  set("a", 3);
  EXPECT_THAT(take_sent(rising), ElementsAre("3 3+0"));
}

TEST_F(CoreFilter, AnUnsetStatePassesOnlyIfTheFilterSaysSo) {
  set("a", 5);
  const auto high = read(filtered({"a"}, "value > 3"));
  const auto not_high = read(filtered({"a"}, "!(value > 3)"));
  const auto never = read(filtered({"never"}, "!(value > 3)"));
  EXPECT_THAT(take_sent(never), ElementsAre("(unset) 0+0"));
  set("a", Value());
  EXPECT_THAT(screen->take_deliveries(high), IsEmpty());
  EXPECT_THAT(screen->take_deliveries(not_high), ElementsAre(testing::Pair("a", Value())));
}

TEST_F(CoreFilter, EqualFiltersAreTestedOncePerCommit) {
  for (int i = 0; i < 10; ++i) read(filtered({"a"}, i % 2 == 0 ? "value > 3 && value < 9" : "value < 9 && value > 3"));
  EXPECT_EQ(statistics().predicates, 1u);
  const auto before = statistics().predicate_tests;
  set("a", 5);
  EXPECT_EQ(statistics().predicate_tests, before + 1);
}

TEST_F(CoreFilter, ClosedReadersLeaveNothingBehind) {
  set("a", 5);
  const auto high = read(filtered({"a"}, "value > 3"));
  read(filtered({"**"}, "value > 4", Mode::every));
  screen->unsubscribe(high);
  screen->goodbye();
  set("a", Value());
  robot->goodbye();
  turn();
  expect_nothing_left();
}

TEST_F(CoreFilter, AnUnsetTopicIsRemovedWhenTheLastMatchWasSent) {
  read(filtered({"filler"}, "value > 0"));
  const auto high = read(filtered({"x/*"}, "value > 3"));
  close_the_window();
  set("x/1", 5);
  set("x/1", Value());
  const auto topics = statistics().topics;
  open_the_window();
  EXPECT_THAT(take_sent(high), ElementsAre("5 1+0"));
  EXPECT_EQ(statistics().topics, topics - 1);
}

TEST_F(CoreFilter, MatchesKeptForASlowReaderAreBounded) {
  start(limited([](Limits& limits) { limits.answer_bytes_max = 4000; }));
  read(filtered({"filler"}, "value > 0"));
  std::vector<proto::RequestId> readers;
  for (int i = 0; i < 10; ++i)
    readers.push_back(read(filtered({"a"}, "value == '" + std::string(1000, static_cast<char>('a' + i)) + "'")));
  close_the_window();
  for (int i = 0; i < 10; ++i) set("a", std::string(1000, static_cast<char>('a' + i)));
  set("a", "");
  open_the_window();
  std::size_t failed = 0;
  for (const auto id : readers) {
    if (!screen->has_answer(id)) continue;
    EXPECT_EQ(screen->failed(id), ErrorCode::limit_exceeded);
    ++failed;
  }
  EXPECT_GT(failed, 4u);
  EXPECT_LT(failed, 10u);
}

// ---- every

TEST_F(CoreFilter, AnEveryReaderGetsEachMatchInOrder) {
  const auto all = read(filtered({"a"}, "value > 3", Mode::every));
  set_all("a", {1, 5, 6});
  robot->set("a", 7);
  robot->set("a", 2);
  robot->set("a", 8);
  turn();
  EXPECT_THAT(take_sent(all), ElementsAre("5 2+1", "6 3+0", "7 4+0", "8 6+1"));
}

TEST_F(CoreFilter, AnEveryReaderThatWasBehindSearchesTheHistory) {
  read(filtered({"filler"}, "value > 0"));
  const auto all = read(filtered({"a"}, "value > 3", Mode::every));
  close_the_window();
  set_all("a", {4, 1, 2, 6, 1});
  open_the_window();
  EXPECT_THAT(take_sent(all), ElementsAre("4 1+0", "6 4+2"));
  set_all("a", {9});
  EXPECT_THAT(take_sent(all), ElementsAre("9 6+1"));
}

TEST_F(CoreFilter, AnEveryReaderCountsDiscardedStatesAsLagged) {
  start(limited([](Limits& limits) { limits.history_transitions_max = 4; }));
  read(filtered({"filler"}, "value > 0"));
  const auto all = read(filtered({"a"}, "value > 3", Mode::every));
  close_the_window();
  set_all("a", {4, 5, 6, 7, 8, 9, 1});
  open_the_window();
  EXPECT_THAT(take_sent(all), IsEmpty());  // the committed state is next, and does not pass
  set("a", 5);
  EXPECT_THAT(take_sent(all), ElementsAre("5 8+1!6"));
}

TEST_F(CoreFilter, AnEverySnapshotHasTheStateThatPassed) {
  set("a", 5);
  read(filtered({"filler"}, "value > 0"));
  close_the_window();
  const auto all = read(filtered({"a"}, "value > 3", Mode::every));
  set_all("a", {1, 2});
  open_the_window();
  EXPECT_THAT(take_sent(all), ElementsAre("5 1+0"));
  EXPECT_TRUE(screen->ends.contains(all));
  set("a", 9);
  EXPECT_THAT(take_sent(all), ElementsAre("9 4+2"));
}

TEST_F(CoreFilter, AStateThatDoesNotPassCostsNoCredit) {
  start(limited([](Limits& limits) { limits.credit_transitions = 2; }));
  const auto all = read(filtered({"a"}, "value > 3", Mode::every));
  set_all("a", {4, 1, 2, 5, 1, 6, 2, 7});
  EXPECT_THAT(take_sent(all), ElementsAre("4 1+0", "5 4+2"));
  screen->renew(all, 2);
  turn();
  EXPECT_THAT(take_sent(all), ElementsAre("6 6+1", "7 8+1"));
}

// ---- Resuming after the session was lost

TEST_F(CoreFilter, AResumingLatestReaderGetsTheLastStateThatPassedMeanwhile) {
  set_all("a", {5, 1});  // the reader has 5, and is complete up to revision 2
  set_all("a", {6, 7, 2});
  const auto high = read(resumed(filtered({"a"}, "value > 3"), 2));
  EXPECT_THAT(take_sent(high), ElementsAre("7 4+0@2"));
  set_all("a", {1, 8});
  EXPECT_THAT(take_sent(high), ElementsAre("8 7+2"));
}

TEST_F(CoreFilter, WithoutAMatchMeanwhileTheFirstDeliveryHasTheCountBaseline) {
  set_all("a", {5, 1});
  set_all("a", {2, 3});
  const auto high = read(resumed(filtered({"a"}, "value > 3"), 2));
  const auto pattern = read(resumed(filtered({"*"}, "value > 3"), 4));
  EXPECT_THAT(take_sent(high), IsEmpty());
  set_all("a", {9});
  EXPECT_EQ(screen->deliveries.size(), 2u);
  const auto both = std::exchange(screen->deliveries, {});
  for (const auto& delivery : both) {
    EXPECT_EQ(delivery.count_baseline, delivery.subscription == pattern ? 4u : 2u);
    EXPECT_EQ(delivery.filtered, delivery.subscription == pattern ? 0u : 2u);
  }
}

TEST_F(CoreFilter, WithADiscardedHistoryThereIsNoCountBaseline) {
  start(limited([](Limits& limits) { limits.history_transitions_max = 3; }));
  set_all("a", {5, 1, 6, 1, 7, 2});
  const auto high = read(resumed(filtered({"a"}, "value > 3"), 2));
  EXPECT_THAT(take_sent(high), ElementsAre("7 5+1"));
}

TEST_F(CoreFilter, AResumingEveryReaderIsToldWhatCannotBeTestedAnyMore) {
  start(limited([](Limits& limits) { limits.history_transitions_max = 3; }));
  set_all("a", {5, 1, 6, 1, 7, 2});
  const auto all = read(resumed(filtered({"a"}, "value > 3", Mode::every), 2));
  EXPECT_THAT(take_sent(all), ElementsAre("7 5+1!3"));
  set_all("a", {8});
  EXPECT_THAT(take_sent(all), ElementsAre("8 7+1"));
}

TEST_F(CoreFilter, AResumingEveryReaderContinuesWhereItWas) {
  set_all("a", {5, 1});
  set_all("a", {6, 2, 7, 3});
  const auto all = read(resumed(filtered({"a"}, "value > 3", Mode::every), 2));
  EXPECT_THAT(take_sent(all), ElementsAre("6 3+0@2", "7 5+1"));
  EXPECT_TRUE(screen->ends.contains(all));
  set_all("a", {8});
  EXPECT_THAT(take_sent(all), ElementsAre("8 7+1"));
}

// ---- Refusals

TEST_F(CoreFilter, InvalidFiltersAreRefused) {
  const Failure composite = refusal(filtered({"a", "b"}, "value > 3"));
  EXPECT_EQ(composite.code, ErrorCode::invalid_argument);
  EXPECT_THAT(composite.message, HasSubstr("composite"));

  proto::Subscribe endless = filtered({"a"}, "value > 3");
  for (int i = 0; i < 8; ++i) endless.filter = Predicate::all_of(*endless.filter, Predicate::negate(*endless.filter));
  EXPECT_EQ(refusal(endless).code, ErrorCode::invalid_predicate);
}

TEST_F(CoreFilter, APlainNameOfAnotherTypeIsRefused) {
  set("a", "text");
  const Failure why = refusal(filtered({"a"}, "value > int64(3)"));
  EXPECT_EQ(why.code, ErrorCode::type_mismatch);
  EXPECT_THAT(why.message, HasSubstr("topic 'a' cannot be filtered by value > int64(3): "));
  EXPECT_EQ(statistics().subscriptions, 0u);
  EXPECT_EQ(statistics().predicates, 0u);
}

TEST_F(CoreFilter, ANumberIsComparedWithNoText) {
  set("mood", "calm");
  set("code", "100");
  EXPECT_EQ(refusal(filtered({"mood"}, "value > 30")).code, ErrorCode::type_mismatch);
  const auto texts = read(filtered({"**"}, "value == \"100\""));
  EXPECT_THAT(take_sent(texts), ElementsAre("100 1+0"));
  const auto above = read(filtered({"**"}, "value > 30"));
  set("heat", 31);
  EXPECT_THAT(take_sent(above), ElementsAre("31 1+0"));
  const auto not_above = read(filtered({"**"}, "!(value > 30)"));
  set("cold", 29);
  EXPECT_THAT(take_sent(not_above), ElementsAre("29 1+0"));
}

TEST_F(CoreFilter, APlainNameFailsWhenItsFirstValueHasAnotherType) {
  const auto high = read(filtered({"a"}, "value > int64(3)"));
  EXPECT_FALSE(screen->has_answer(high));
  set("a", "text");
  EXPECT_EQ(screen->failed(high), ErrorCode::type_mismatch);
  EXPECT_EQ(statistics().subscriptions, 0u);
}

TEST_F(CoreFilter, UnderAPatternValuesOfOtherTypesDoNotPass) {
  const auto high = read(filtered({"*"}, "value > int64(3)"));
  set("text", "text");
  set("flag", true);
  set("a", 5);
  EXPECT_THAT(take_sent(high), ElementsAre("5 1+0"));
  EXPECT_EQ(statistics().filtered, 2u);
}

TEST_F(CoreFilter, ManyResumingReadersOfLongHistoriesTakeSeveralTurns) {
  constexpr int versions = 40'000;
  robot->declare("a", {}, versions + 10);
  set("a", 0);
  const std::uint64_t seen = statistics().commits;
  for (int i = 1; i <= versions; ++i) {
    robot->set("a", i);
    if (i % 1000 == 0) turn();
  }
  std::vector<proto::RequestId> readers;
  for (int i = 1; i <= 4; ++i)
    readers.push_back(screen->subscribe(resumed(filtered({"a"}, "value == " + std::to_string(i)), seen)));
  EXPECT_EQ(statistics().predicate_tests, 2u * versions);  // then the budget of the turn was spent
  turn();
  EXPECT_TRUE(screen->ends.contains(readers[0]) && screen->ends.contains(readers[1]));
  EXPECT_FALSE(screen->ends.contains(readers[3]));
  EXPECT_EQ(screen->complete_through, 0u);
  const auto listed = robot->list_readers();
  set("a", 3);  // meanwhile
  EXPECT_THAT(robot->answered<proto::ReadersDone>(listed).rows[3].topics, ElementsAre("a"));
  for (int turns = 0; turns < 3; ++turns) advance(0s);
  const std::string last = std::to_string(versions + 2) + "+" + std::to_string(versions - 1);
  EXPECT_THAT(take_sent(readers[2]), ElementsAre("3 " + last + "@1"));
  EXPECT_TRUE(screen->ends.contains(readers[3]));
  EXPECT_EQ(screen->complete_through, statistics().commits);
}

}  // namespace
}  // namespace hoiku::broker
