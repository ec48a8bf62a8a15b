#include "broker/server/session_log.hpp"

#include <gmock/gmock.h>

#include <string>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;
using Kind = Event::Kind;

class SessionLogTest : public testing::Test {
 protected:
  void write(Kind kind, const std::string& session, const std::string& detail = {}) {
    sessions_.write(Event{kind, session, detail, {}}, address_, time_);
  }
  // Returns the lines that were written since the last call.
  std::string lines() { return std::exchange(text_, {}); }
  std::string lines_after(Duration passed) {
    time_ += passed;
    sessions_.advance(time_);
    return lines();
  }

  std::string text_;
  std::string address_ = "here:1";
  TimePoint time_;
  Log log_{[this](LogLevel level, const std::string& line) {
    text_ += (level == LogLevel::debug ? "debug " : level == LogLevel::info ? "info " : "warn ") + line + "\n";
  }};
  SessionLog sessions_{log_};
};

TEST_F(SessionLogTest, AVisitIsOneLineForDebugging) {
  write(Kind::session_opened, "hoiku-ping-1");
  EXPECT_EQ(lines_after(12ms), "");
  write(Kind::goodbye, "hoiku-ping-1", "goodbye");
  EXPECT_EQ(lines(), "debug visit session=hoiku-ping-1 address=here:1 lasted_ms=12 detail=goodbye\n");
  EXPECT_EQ(lines_after(10s), "");
}

TEST_F(SessionLogTest, ASessionThatStaysIsALineAndSoIsItsEnd) {
  write(Kind::session_opened, "brain-1");
  EXPECT_EQ(sessions_.next_due(), time_ + SessionLog::visit_max);
  EXPECT_EQ(lines_after(999ms), "");
  EXPECT_EQ(lines_after(1ms), "info session_opened session=brain-1 address=here:1\n");
  EXPECT_EQ(sessions_.next_due(), std::nullopt);
  address_.clear();
  write(Kind::goodbye, "brain-1", "goodbye");
  EXPECT_EQ(lines(), "info session_closed session=brain-1 detail=goodbye\n");
}

TEST_F(SessionLogTest, WhatElseHappensToANewSessionIsWrittenAfterItsOpening) {
  const std::pair<Kind, std::string> ends[] = {
      {Kind::session_resumed, "info session_resumed session=a-1 address=here:1\n"},
      {Kind::session_closed, "info session_closed session=a-1 address=here:1\n"},
      {Kind::session_expired, "info session_expired session=a-1 address=here:1\n"},
      {Kind::peer_rejected, "warn peer_rejected session=a-1 address=here:1\n"}};
  for (const auto& [kind, line] : ends) {
    time_ += 1s;
    write(Kind::session_opened, "a-1");
    write(kind, "a-1");
    EXPECT_EQ(lines(), "info session_opened session=a-1 address=here:1\n" + line);
    EXPECT_EQ(lines_after(1s), "");
  }
}

TEST_F(SessionLogTest, AStrangerThatIsRejectedHasNoSession) {
  write(Kind::peer_rejected, "", "no hello");
  EXPECT_EQ(lines(), "warn peer_rejected address=here:1 detail=\"no hello\"\n");
}

TEST_F(SessionLogTest, VisitsDoNotHideWhoStays) {
  for (int i = 0; i < 100; ++i) {
    write(Kind::session_opened, "visitor-" + std::to_string(i));
    if (i == 50) write(Kind::session_opened, "brain-7");
    write(Kind::goodbye, "visitor-" + std::to_string(i), "goodbye");
  }
  lines();
  EXPECT_EQ(lines_after(1s), "info session_opened session=brain-7 address=here:1\n");
  EXPECT_EQ(sessions_.next_due(), std::nullopt);
}

TEST(SessionLog, OfAQuietLogKeepsNothing) {
  Log log(nullptr);
  SessionLog sessions(log);
  sessions.write(Event{Kind::session_opened, "a-1", {}, {}}, {}, TimePoint());
  EXPECT_EQ(sessions.next_due(), std::nullopt);
}

}  // namespace
}  // namespace hoiku::broker
