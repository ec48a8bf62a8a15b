#include "broker/core/sessions/session_table.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

const TimePoint start{};

proto::SessionToken token(std::uint8_t last) {
  proto::SessionToken made{};
  made.back() = last;
  return made;
}

class SessionTableTest : public testing::Test {
 protected:
  SessionTableTest() { limits.sessions_max = 3; }
  Limits limits;
  PeerTable peers;
  SessionTable table{limits, 9, peers};
};

TEST_F(SessionTableTest, FindsASessionByNumberAndByToken) {
  Session* session = &table.open(token(1), "");
  EXPECT_EQ(table.find(token(1)), session);
  EXPECT_EQ(table.find(session->id), session);
  EXPECT_EQ(table.find(token(2)), nullptr);
}

TEST_F(SessionTableTest, ANumberIsNeverUsedAgain) {
  Session* session = &table.open(token(1), "");
  const SessionId id = session->id;
  table.remove(*session);
  EXPECT_EQ(table.find(id), nullptr);
  EXPECT_NE(table.open(token(1), "").id, id);
}

TEST_F(SessionTableTest, SessionsAreLimited) {
  for (std::uint8_t i = 0; i < 3; ++i) {
    ASSERT_FALSE(table.is_full(""));
    table.open(token(i), "");
  }
  EXPECT_TRUE(table.is_full(""));
  table.remove(*table.find(token(0)));
  EXPECT_FALSE(table.is_full(""));
}

TEST_F(SessionTableTest, SessionsOfOneOriginAreLimited) {
  limits.sessions_per_address_max = 1;
  Session& first = table.open(token(0), "a");
  EXPECT_TRUE(table.is_full("a"));
  EXPECT_FALSE(table.is_full("b"));
  EXPECT_FALSE(table.is_full(""));
  table.remove(first);
  EXPECT_FALSE(table.is_full("a"));
}

TEST_F(SessionTableTest, TheLongestAwayIsReplaced) {
  Session& first = table.open(token(0), "a");
  Session& second = table.open(token(1), "b");
  EXPECT_EQ(table.find_replaceable("c"), nullptr);
  table.set_away(second);
  table.set_away(first);
  table.set_away(second);  // is away already
  EXPECT_EQ(table.find_replaceable("c"), &second);
  table.set_connected(second, PeerId{9});
  EXPECT_EQ(table.find_replaceable("c"), &first);
  table.remove(first);
  EXPECT_EQ(table.find_replaceable("c"), nullptr);
  table.set_away(second);
  limits.sessions_per_address_max = 1;
  table.open(token(2), "c");
  EXPECT_EQ(table.find_replaceable("c"), nullptr);  // not one of another origin
  EXPECT_EQ(table.find_replaceable("b"), &second);
}

TEST_F(SessionTableTest, TimeoutsAreKeptWithinTheLimits) {
  Session& session = table.open(token(1), "");
  table.set_timeout(session, 0ms, start);
  EXPECT_EQ(session.timeout, limits.session_timeout_default);
  table.set_timeout(session, 1ms, start);
  EXPECT_EQ(session.timeout, limits.session_timeout_min);
  table.set_timeout(session, 100h, start);
  EXPECT_EQ(session.timeout, limits.session_timeout_max);
}

TEST_F(SessionTableTest, ASessionIsSilentWhenItsTimeoutHasPassedSinceItWasHeard) {
  Session& session = table.open(token(1), "");
  table.set_timeout(session, 1s, start);
  EXPECT_EQ(table.next_deadline(), start + 1s);
  session.last_heard = start + 600ms;
  EXPECT_EQ(table.take_silent(start + 1s), nullptr);
  EXPECT_EQ(table.take_silent(start + 1599ms), nullptr);
  EXPECT_EQ(table.take_silent(start + 1600ms), &session);
  table.remove(session);
  EXPECT_FALSE(table.next_deadline());
}

}  // namespace
}  // namespace hoiku::broker
