#include "cli/output.hpp"

#include <gtest/gtest.h>

namespace hoiku::cli {
namespace {

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
  EXPECT_EQ(transition_line(transition(), false), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3)");
  auto later = transition();
  later.skipped = 4;
  EXPECT_EQ(transition_line(later, false), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 4 skipped)");
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
      transition_line(forged, false),
      "07:00:00.065  sensor/touch  (unset) -> x\\n12:00:00.000  robot/estop  off -> on  (version 9)  (version 3)");
  EXPECT_EQ(set_line("a", Value("\x1b[2J"), Version{1, 2}, false), "a = \\x1b[2J  (version 2)");
}

TEST(Output, OneLineKeepsEveryCharacterThatIsNoControl) {
  using namespace std::string_literals;
  EXPECT_EQ(one_line("保育, café, 🤖"), "保育, café, 🤖");
  EXPECT_EQ(one_line("a\0b\n\t\x7f"s), "a\\x00b\\n\\t\\x7f");
  EXPECT_EQ(one_line("\xc2\x9b"), "\\x9b");
  // Invalid UTF-8: a lone continuation byte, an overlong slash, a truncated character, one beyond U+10FFFF.
  EXPECT_EQ(one_line("\x9b|\xc0\xaf|\xe4\xbf|\xf5"), "\\x9b|\\xc0\\xaf|\\xe4\\xbf|\\xf5");
}

TEST(Output, WhatDidNotPassIsSaid) {
  auto later = transition();
  later.filtered = 2;
  EXPECT_EQ(transition_line(later, false), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 2 filtered)");
  later.skipped = 4;
  EXPECT_EQ(transition_line(later, false),
            "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 4 skipped, 2 filtered)");
  EXPECT_NE(transition_line(later, true).find(R"("skipped":4,"filtered":2,"lagged":false,)"), std::string::npos);
}

TEST(Output, AReaderIsOneJsonObject) {
  ReaderInfo reader;
  reader.client = "screen";
  reader.session = "screen-2f";
  reader.topics = {"a/b", "c"};
  reader.interval = std::chrono::milliseconds(100);
  reader.written = 5;
  reader.delivered = 5;
  EXPECT_EQ(reader_line(reader),
            R"({"client":"screen","session":"screen-2f","topics":["a/b","c"],"mode":"latest","filter":null,)"
            R"("interval_us":100000,"matched":0,"written":5,"delivered":5,"conflated":0,"filtered":0,"lagged":0,)"
            R"("pending":0})");
  reader.filter = "value > 3";
  EXPECT_NE(reader_line(reader).find(R"("filter":"value > 3",)"), std::string::npos);
}

TEST(Output, WhatAnEveryReaderMissedIsSaid) {
  auto later = transition();
  later.skipped = 4;
  later.lagged = Lagged{Version{9, 3}, Version{9, 6}, 4};
  EXPECT_EQ(transition_line(later, false), "07:00:00.065  sensor/touch  (unset) -> on \"it\"  (version 3, 4 lagged)");
  EXPECT_NE(transition_line(later, true).find(R"("skipped":4,"filtered":0,"lagged":true,)"), std::string::npos);
}

TEST(Output, AChangeIsOneJsonObjectForAScript) {
  EXPECT_EQ(transition_line(transition(), true),
            R"({"topic":"sensor/touch","old_value":null,"value":"on \"it\"","version":3,"skipped":0,"filtered":0,)"
            R"("lagged":false,"changed_at_us":8665200065000,"writer":"skin","quality":"live"})");
}

// A topic that was unset by a restart of the broker.
TEST(Output, ATimeThatNobodyKnowsIsNotInvented) {
  auto gone = transition();
  gone.changed_at = WallTime{};
  EXPECT_EQ(transition_line(gone, false).substr(0, 12), "--:--:--.---");
  EXPECT_NE(transition_line(gone, true).find(R"("changed_at_us":null,)"), std::string::npos);
}

TEST(Output, ATopicIsOneJsonObject) {
  auto state = std::make_shared<Transition>();
  state->topic = "a/b";
  EXPECT_EQ(
      topic_line(TopicInfo{state, 2}),
      R"({"topic":"a/b","value":null,"type":"null","version":0,"changed_at_us":null,"writer":"","quality":"live",)"
      R"("readers":2})");
  state->value = Value(21.5);
  state->version = Version{1, 7};
  state->changed_at = WallTime(std::chrono::microseconds(5));
  state->writer = "robot";
  EXPECT_EQ(topic_line(TopicInfo{state, 0}),
            R"({"topic":"a/b","value":21.5,"type":"double","version":7,"changed_at_us":5,"writer":"robot",)"
            R"("quality":"live","readers":0})");
}

TEST(Output, APingTellsHowLongTheRoundTripTook) {
  const auto taken = std::chrono::nanoseconds(412'300);
  EXPECT_EQ(ping_line("tcp://127.0.0.1:7411", taken, false), "tcp://127.0.0.1:7411 answers (0.4 ms)");
  EXPECT_EQ(ping_line("tcp://127.0.0.1:7411", taken, true),
            R"({"endpoint":"tcp://127.0.0.1:7411","round_trip_us":412})");
}

TEST(Output, ASetTellsTheVersion) {
  EXPECT_EQ(set_line("a/b", Value(true), Version{1, 2}, false), "a/b = true  (version 2)");
  EXPECT_EQ(set_line("a/b", Value(true), Version{1, 2}, true), R"({"topic":"a/b","value":true,"version":2})");
}

}  // namespace
}  // namespace hoiku::cli
