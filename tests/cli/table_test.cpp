#include "cli/table.hpp"

#include <gmock/gmock.h>

namespace hoiku::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const WallTime present{std::chrono::hours(1'000'000)};

TopicInfo topic(std::string name, Value value, std::uint64_t number = 1, std::uint64_t readers = 0) {
  auto state = std::make_shared<Transition>();
  state->topic = std::move(name);
  state->value = std::move(value);
  state->version = Version{9, number};
  if (number > 0) {
    state->changed_at = present - 3s;
    state->writer = "robot";
  }
  return TopicInfo{std::move(state), readers};
}

std::string topic_table(const std::vector<TopicInfo>& topics, WallTime now, std::optional<std::size_t> width,
                        const Messages& messages = {}) {
  TopicTable table(width);
  std::vector<std::string> rows;
  for (const TopicInfo& row : topics) rows.push_back(table.cells(row, now, messages));
  std::string text = table.header();
  for (const std::string& row : rows) text += table.line(row);
  return text;
}

TEST(Table, HasALineForEachTopic) {
  EXPECT_EQ(topic_table({topic("battery", 80, 12, 3), topic("robot/mood", "calm")}, present, {}),
            "topic       value  type    version   age  quality  writer  readers\n"
            "battery     80     int64        12  3.0s  live     robot         3\n"
            "robot/mood  calm   string        1  3.0s  live     robot         0\n");
}

TEST(Table, ShowsATopicThatSomebodyWaitsForAndNobodyHasSet) {
  EXPECT_THAT(topic_table({topic("robot/mod", Value(), 0, 1)}, present, {}),
              HasSubstr("\nrobot/mod  (unset)  -           0    -  -        -             1\n"));
}

TEST(Table, CutsValuesToTheTerminalAndNowhereElse) {
  const std::vector<TopicInfo> topics{topic("note", std::string(200, 'x')), topic("short", "äöü")};
  const std::string full = topic_table(topics, present, {});
  EXPECT_THAT(full, HasSubstr(std::string(200, 'x')));
  const std::string cut = topic_table(topics, present, 80);
  EXPECT_THAT(cut, HasSubstr("x…  string"));
  EXPECT_THAT(cut, HasSubstr("äöü "));
  // The header is ASCII: its width is that of all lines.
  EXPECT_EQ(cut.find('\n'), 80u);
}

// One photo would fill each line with a megabyte of blanks.
TEST(Table, AVeryLongValueWidensItsOwnLineOnly) {
  const std::string text = topic_table({topic("note", std::string(200, 'x')), topic("short", "calm")}, present, {});
  EXPECT_THAT(text, HasSubstr("\nnote   " + std::string(200, 'x') + "  string"));
  EXPECT_THAT(text, HasSubstr("\nshort  calm" + std::string(76, ' ') + "  string"));
}

// The columns that a terminal gives each character: Japanese and emoji take two, combining marks none.
TEST(Table, StandsInColumnsAlsoWithWideCharacters) {
  EXPECT_EQ(topic_table({topic("w/ascii", "abcde"), topic("w/emoji", "🤖🤖🤖"), topic("w/marks", "e\u0301e\u0301"),
                         topic("保育", "日本語です")},
                        present, {}),
            "topic    value       type    version   age  quality  writer  readers\n"
            "w/ascii  abcde       string        1  3.0s  live     robot         0\n"
            "w/emoji  🤖🤖🤖      string        1  3.0s  live     robot         0\n"
            "w/marks  e\u0301e\u0301          string        1  3.0s  live     robot         0\n"
            "保育     日本語です  string        1  3.0s  live     robot         0\n");
  EXPECT_THAT(topic_table({topic("note", "日本語です日本語です")}, present, 20), HasSubstr("note   日本語…   string"));
}

TEST(Table, OnANarrowTerminalAValueKeepsEightColumns) {
  const std::string cut = topic_table({topic("a/long/name", "0123456789")}, present, 20);
  EXPECT_THAT(cut, HasSubstr("  0123456…  "));
}

TEST(Table, NeitherAValueNorAWriterBreaksALineOrSpeaksToTheTerminal) {
  auto state = std::make_shared<Transition>(*topic("note", "two\nlines\t\x1b[2J\x7f \xc2\x9b").state);
  state->writer = "\x1b]0;";
  const std::string text = topic_table({TopicInfo{state, 0}}, present, {});
  EXPECT_THAT(text, HasSubstr("two\\nlines\\t\\x1b[2J\\x7f \\x9b"));
  EXPECT_THAT(text, HasSubstr("\\x1b]0;"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(ReaderTable, ShowsTheEquation) {
  ReaderInfo screen;
  screen.session = "screen-2f";
  screen.topics = {"sensor/**"};
  screen.filter = "value > 3";
  screen.interval = 100ms;
  screen.written = 120;
  screen.delivered = 10;
  screen.in_flight = 2;
  screen.conflated = 30;
  screen.filtered = 78;
  ReaderInfo brain;
  brain.session = "brain-3";
  brain.topics = {"a", "b", "c", "d"};
  EXPECT_EQ(reader_table({screen, brain}),
            "client     reads               mode              filter     written = delivered + in flight + conflated + "
            "filtered + "
            "lagged + "
            "pending\n"
            "screen-2f  sensor/**           latest per 100ms  value > 3      120 =        10 +         2 +        30 + "
            "      78 +  "
            "    0 + "
            "      0\n"
            "brain-3    a + b + c + 1 more  latest            -                0 =         0 +         0 +         0 + "
            "       0 +  "
            "    0 + "
            "      0\n");
}

TEST(ReaderTable, CutsAFilterToHalfOfTheTerminal) {
  ReaderInfo reader;
  reader.session = "a-1";
  reader.topics = {"a"};
  reader.filter = "value == \"" + std::string(10'000, 'x') + "\"";
  EXPECT_THAT(reader_table({reader}, 40), HasSubstr("  value == \"xxxxxxxxx…  "));
  EXPECT_THAT(reader_table({reader}), HasSubstr(reader.filter));
}

TEST(Age, IsInOneUnitAndNeverNegative) {
  EXPECT_EQ(age_text(present - 0ms, present), "0.0s");
  EXPECT_EQ(age_text(present - 450ms, present), "0.4s");
  EXPECT_EQ(age_text(present - 12s, present), "12s");
  EXPECT_EQ(age_text(present - 119s, present), "119s");
  EXPECT_EQ(age_text(present - 3min, present), "3min");
  EXPECT_EQ(age_text(present - 5h, present), "5h");
  EXPECT_EQ(age_text(present - 49h, present), "2d");
  EXPECT_EQ(age_text(present + 1h, present), "0.0s");  // another machine's clock
  EXPECT_EQ(age_text(WallTime{}, present), "-");
}

}  // namespace
}  // namespace hoiku::cli
