#include "cli/output.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace hoiku::cli {
namespace {

constexpr ValueStyle in_json{true, std::nullopt};

ValueStyle on_terminal(std::size_t columns) { return {false, columns}; }

AnyTransition transition() {
  AnyTransition made;
  made.topic = "sensor/touch";
  made.old_value = Value();
  made.value = Value("on \"it\"");
  made.version = Version{9, 3};
  made.changed_at = WallTime(std::chrono::hours(24 * 100 + 7) + std::chrono::milliseconds(65));
  made.writer = "skin";
  return made;
}

TEST(Output, AChangeIsOneLineForAPerson) {
  EXPECT_EQ(transition_line(transition(), {}), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3)");
  auto later = transition();
  later.skipped = 4;
  EXPECT_EQ(transition_line(later, {}), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 4 skipped)");
}

TEST(Output, BetweenTwoUnsetsThereIsNewsWhereSomethingWasMissed) {
  auto unset = transition();
  EXPECT_TRUE(has_news(unset));
  unset.value = Value();
  EXPECT_FALSE(has_news(unset));
  for (std::uint64_t AnyTransition::*missed : {&AnyTransition::skipped, &AnyTransition::filtered}) {
    auto later = unset;
    later.*missed = 1;
    EXPECT_TRUE(has_news(later));
  }
  unset.lagged.emplace();
  EXPECT_TRUE(has_news(unset));
}

TEST(Output, WhatAStrangerWroteIsNoLineOfOurs) {
  auto forged = transition();
  forged.value = Value("x\n12:00:00.000  robot/estop  off -> on  (version 9)");
  EXPECT_EQ(
      transition_line(forged, {}),
      "07:00:00.065  sensor/touch  (unset) -> x\\n12:00:00.000  robot/estop  off -> on  (version 9)  (version 3)");
  EXPECT_EQ(set_line("a", Value("\x1b[2J"), Version{1, 2}, {}), "a = \\x1b[2J  (version 2)");
}

TEST(Output, WhatDidNotPassIsSaid) {
  auto later = transition();
  later.filtered = 2;
  EXPECT_EQ(transition_line(later, {}), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 2 filtered)");
  later.skipped = 4;
  EXPECT_EQ(transition_line(later, {}),
            "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 4 skipped, 2 filtered)");
  EXPECT_NE(transition_line(later, in_json).find(R"("skipped":4,"filtered":2,"lagged":false,)"), std::string::npos);
}

TEST(Output, AReaderIsOneJsonObject) {
  ReaderInfo reader;
  reader.client = "screen";
  reader.session = "screen-2f";
  reader.topics = {"a/b", "c"};
  reader.interval = std::chrono::milliseconds(100);
  reader.written = 5;
  reader.delivered = 3;
  reader.in_flight = 2;
  EXPECT_EQ(reader_line(reader),
            R"({"client":"screen","session":"screen-2f","topics":["a/b","c"],"mode":"latest","filter":null,)"
            R"("interval_us":100000,"matched":0,"written":5,"delivered":3,"in_flight":2,"conflated":0,"filtered":0,)"
            R"("lagged":0,"pending":0})");
  reader.filter = "value > 3";
  EXPECT_NE(reader_line(reader).find(R"("filter":"value > 3",)"), std::string::npos);
}

TEST(Output, WhatAnEveryReaderMissedIsSaid) {
  auto later = transition();
  later.skipped = 4;
  later.lagged = Lagged{Version{9, 3}, Version{9, 6}, 4};
  EXPECT_EQ(transition_line(later, {}), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 4 lagged)");
  EXPECT_NE(transition_line(later, in_json).find(R"("skipped":4,"filtered":0,"lagged":true,)"), std::string::npos);
}

TEST(Output, AChangeIsOneJsonObjectForAScript) {
  EXPECT_EQ(
      transition_line(transition(), in_json),
      R"({"topic":"sensor/touch","old_value":null,"old_type":"null","value":"on \"it\"","type":"string",)"
      R"("version":"3@0000000000000009",)"
      R"("skipped":0,"filtered":0,"lagged":false,"changed_at_us":8665200065000,"writer":"skin","quality":"live"})");
}

// A topic that was unset by a restart of the broker.
TEST(Output, ATimeThatNobodyKnowsIsNotInvented) {
  auto gone = transition();
  gone.changed_at = WallTime{};
  EXPECT_EQ(transition_line(gone, {}).substr(0, 12), "--:--:--.---");
  EXPECT_NE(transition_line(gone, in_json).find(R"("changed_at_us":null,)"), std::string::npos);
}

TEST(Output, ATimeOfMeasurementIsInEveryJsonObject) {
  const std::string times = R"("changed_at_us":7,"source_time_us":5,"writer")";
  auto change = transition();
  change.changed_at = WallTime(std::chrono::microseconds(7));
  change.source_time = WallTime(std::chrono::microseconds(5));
  EXPECT_NE(transition_line(change, in_json).find(times), std::string::npos);
  auto state = std::make_shared<Transition>();
  state->changed_at = *change.source_time + std::chrono::microseconds(2);
  state->source_time = change.source_time;
  EXPECT_NE(value_line(*state, in_json).find(times), std::string::npos);
  EXPECT_NE(topic_line(TopicInfo{state, 0}).find(times), std::string::npos);
}

TEST(Output, ATopicIsOneJsonObject) {
  auto state = std::make_shared<Transition>();
  state->topic = "a/b";
  EXPECT_EQ(
      topic_line(TopicInfo{state, 2}),
      R"({"topic":"a/b","value":null,"type":"null","version":"0","changed_at_us":null,"writer":"","quality":"live",)"
      R"("readers":2})");
  state->value = Value(21.5);
  state->version = Version{1, 7};
  state->changed_at = WallTime(std::chrono::microseconds(5));
  state->writer = "robot";
  EXPECT_EQ(topic_line(TopicInfo{state, 0}),
            R"({"topic":"a/b","value":21.5,"type":"double","version":"7@0000000000000001",)"
            R"("changed_at_us":5,"writer":"robot",)"
            R"("quality":"live","readers":0})");
}

TEST(Output, APingTellsHowLongTheRoundTripTook) {
  const auto taken = std::chrono::nanoseconds(412'300);
  EXPECT_EQ(ping_line("tcp://127.0.0.1:7411", taken, false), "tcp://127.0.0.1:7411 answers (0.4 ms)");
  EXPECT_EQ(ping_line("tcp://127.0.0.1:7411", taken, true),
            R"({"endpoint":"tcp://127.0.0.1:7411","round_trip_us":412})");
}

TEST(Output, ASetTellsTheVersion) {
  EXPECT_EQ(set_line("a/b", Value(true), Version{1, 2}, {}), "a/b = true  (version 2)");
  EXPECT_EQ(set_line("a/b", Value(true), Version{1, 2}, in_json),
            R"({"topic":"a/b","value":true,"type":"bool","version":"2@0000000000000001"})");
}

Transition state_with(Value value) {
  Transition state;
  state.topic = "a/b";
  state.value = std::move(value);
  state.version = Version{1, 7};
  state.writer = "robot\u202e\x1b";
  return state;
}

TEST(Output, ANumberAndItsNameDifferInJson) {
  EXPECT_EQ(value_line(state_with(Value(std::nan(""))), in_json),
            R"({"topic":"a/b","value":"nan","type":"double","version":"7@0000000000000001",)"
            R"("changed_at_us":null,)"
            R"("writer":"robot\u202e\u001b","quality":"live"})");
  EXPECT_NE(value_line(state_with(Value("nan")), in_json).find(R"("value":"nan","type":"string",)"), std::string::npos);
  EXPECT_NE(
      value_line(state_with(Value(9007199254740993)), in_json).find(R"("value":"9007199254740993","type":"int64",)"),
      std::string::npos);
  auto broken = transition();
  broken.old_value = Value(std::nan(""));
  broken.value = Value();
  EXPECT_NE(
      transition_line(broken, in_json).find(R"("old_value":"nan","old_type":"double","value":null,"type":"null",)"),
      std::string::npos);
}

TEST(Output, ToAPipeAValueStaysAsItIs) {
  const std::string text = "two\nlines\r\x1b[2J\u009b\u202e";
  EXPECT_EQ(value_line(state_with(Value(text)), {}), text);
  EXPECT_EQ(value_line(state_with(Value(std::string(1'000'000, 'x'))), {}).size(), 1'000'000u);
}

TEST(Output, OnATerminalAValueDoesNotSpeakToIt) {
  EXPECT_EQ(value_line(state_with(Value("two\n\tlines\r\x1b[2J\u009b\u202e\xff")), on_terminal(100)),
            "two\n\tlines\\r\\x1b[2J\\x9b\\u202e\\xff");
}

TEST(Output, NobodyWritesAForgedTopicOverALine) {
  auto forged = transition();
  forged.topic = "a\x1b[2J\n";
  EXPECT_EQ(transition_line(forged, {}).find("07:00:00.065  a\\x1b[2J\\n  (unset) -> "), 0u);
  EXPECT_EQ(set_line("a\u202e", Value(1), Version{1, 2}, {}), "a\\u202e = 1  (version 2)");
}

TEST(Output, OnATerminalAValueIsCut) {
  const Value large(Bytes{std::string(1'000'000, 'x')});
  EXPECT_EQ(set_line("a", large, Version{1, 2}, on_terminal(10)), "a = 787878787…  (version 2)");
  EXPECT_EQ(value_line(state_with(large), on_terminal(5)), "7878…");
  EXPECT_EQ(value_line(state_with(Value("日本語です")), on_terminal(6)), "日本…");
  auto grown = transition();
  grown.old_value = large;
  grown.value = large;
  EXPECT_EQ(transition_line(grown, on_terminal(10)),
            "07:00:00.065  sensor/touch  787878787… -> 787878787…  (version 3)");
  EXPECT_GT(set_line("a", large, Version{1, 2}, {true, 10}).size(), 1'000'000u);  // JSON stays JSON
}

TEST(Output, TheBytesOfAValueAreWhatWasSet) {
  const std::string bytes("\0\n\xff", 3);
  EXPECT_EQ(value_bytes(Value(bytes)), bytes);
  EXPECT_EQ(value_bytes(Value(Bytes{bytes})), bytes);
  EXPECT_EQ(value_bytes(Value(MessageBytes{"robot.Pose", bytes})), bytes);
  EXPECT_EQ(value_bytes(Value(21.5)), "21.5");
  EXPECT_EQ(value_bytes(Value(true)), "true");
}

}  // namespace
}  // namespace hoiku::cli
