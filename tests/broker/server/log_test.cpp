#include "broker/server/log.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

TEST(LogLine, IsAnEventWithKeysAndValues) {
  EXPECT_EQ(LogLine("outbox_full").add("session", "screen-2").add("depth", 64).text(),
            "outbox_full session=screen-2 depth=64");
}

TEST(LogLine, APeersNameStaysOneValueOnOneLine) {
  EXPECT_EQ(LogLine("x").add("session", "two words").text(), "x session=\"two words\"");
  EXPECT_EQ(LogLine("x").add("session", "a\nwarn y z=1").text(), "x session=\"a\\nwarn y z=1\"");
  EXPECT_EQ(LogLine("x").add("session", "a=b").text(), "x session=\"a=b\"");
  EXPECT_EQ(LogLine("x").add("session", "\"").text(), "x session=\"\\\"\"");
  EXPECT_EQ(LogLine("x").add("session", "").text(), "x session=\"\"");
  EXPECT_EQ(LogLine("x").add("session", "\xff").text(), "x session=\"\xef\xbf\xbd\"");
  EXPECT_LT(LogLine("x").add("session", std::string(100'000, 'a')).text().size(), 200U);
  EXPECT_EQ(LogLine("x").add("session", "\x1b[2J").text().find('\x1b'), std::string::npos);
  EXPECT_EQ(LogLine("x").add("session", "\u009b31m\x7f\u202e").text(), "x session=\"\\u009b31m\\u007f\\u202e\"");
}

TEST(Log, WithholdsFrequentLinesAndCountsThem) {
  std::vector<std::string> lines;
  Log log([&](LogLevel, const std::string& line) { lines.push_back(line); });
  TimePoint time;
  for (int i = 0; i < 100; ++i) log.write(LogLevel::warn, LogLine("noise"), time);
  log.write(LogLevel::info, LogLine("news"), time);
  ASSERT_EQ(lines.size(), std::size_t{Log::lines_per_second_max} + 1);
  EXPECT_EQ(lines.back(), "news");
  time += 1s;
  log.write(LogLevel::warn, LogLine("noise"), time);
  EXPECT_EQ(lines.back(), "noise withheld=90");
  log.write(LogLevel::warn, LogLine("noise"), time);
  EXPECT_EQ(lines.back(), "noise");
}

TEST(Log, WithoutASinkIsQuiet) { Log(nullptr).write(LogLevel::error, LogLine("x"), TimePoint()); }

}  // namespace
}  // namespace hoiku::broker
