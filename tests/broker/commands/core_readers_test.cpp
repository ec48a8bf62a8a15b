// The counts of each reader (promise 6 at the broker), and the pages that list them.
#include "broker/core/sessions/session_label.hpp"
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using proto::Mode;
using testing::ElementsAre;

class CoreReaders : public RobotAndScreenTest {
 protected:
  proto::RequestId read(std::vector<std::string> topics, Mode mode, const std::string& filter = "") {
    proto::Subscribe command;
    command.topics = std::move(topics);
    command.mode = mode;
    if (!filter.empty()) command.filter = *Predicate::parse(filter);
    const auto id = screen->subscribe(command);
    turn();
    return id;
  }
  std::vector<proto::ReaderRow> rows() {
    const auto id = robot->list_readers();
    turn();
    const auto& done = robot->answered<proto::ReadersDone>(id);
    EXPECT_EQ(done.next, 0u);
    for (const auto& row : done.rows)
      EXPECT_EQ(row.written, row.delivered + row.in_flight + row.conflated + row.filtered + row.lagged + row.pending);
    return done.rows;
  }
  static std::string counts(const proto::ReaderRow& row) {
    return std::to_string(row.written) + " = " + std::to_string(row.delivered) + " + " + std::to_string(row.in_flight) +
           " + " + std::to_string(row.conflated) + " + " + std::to_string(row.filtered) + " + " +
           std::to_string(row.lagged) + " + " + std::to_string(row.pending);
  }
};

TEST_F(CoreReaders, ARowShowsTheReaderItsTopicsAndItsOptions) {
  read({"a", "b"}, Mode::latest);
  read({"x/*"}, Mode::every, "3 < value");
  set("x/1", 5);
  const auto all = rows();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].client, "screen");
  EXPECT_EQ(all[0].session, "screen-2");
  EXPECT_THAT(all[0].topics, ElementsAre("a", "b"));
  EXPECT_EQ(all[0].matched, 2u);
  EXPECT_THAT(all[1].topics, ElementsAre("x/*"));
  EXPECT_EQ(all[1].mode, Mode::every);
  EXPECT_EQ(all[1].filter, Predicate::parse("value > 3")->key());
  EXPECT_EQ(all[1].matched, 1u);
}

TEST_F(CoreReaders, ALongFilterIsShortened) {
  read({"a"}, Mode::latest, "value == \"" + std::string(100'000, 'x') + "\"");
  const auto all = rows();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0].filter, testing::EndsWith("xxx…"));
  EXPECT_LT(all[0].filter.size(), 300u);
}

TEST_F(CoreReaders, TheCountBeginsWithTheSnapshot) {
  set_all("a", {1, 2});
  read({"a"}, Mode::latest);
  read({"a"}, Mode::every);
  EXPECT_EQ(counts(rows()[0]), "0 = 0 + 0 + 0 + 0 + 0 + 0");
  set_all("a", {3, 4});
  EXPECT_EQ(counts(rows()[0]), "2 = 2 + 0 + 0 + 0 + 0 + 0");
  EXPECT_EQ(counts(rows()[1]), "2 = 2 + 0 + 0 + 0 + 0 + 0");
}

TEST_F(CoreReaders, TheCountsOfASlowReaderAddUpWhileItIsBehindAndAfterwards) {
  start(limited([](Limits& limits) {
    limits.history_transitions_max = 4;
    limits.window_batches = 1;
  }));
  read({"a"}, Mode::latest);
  read({"a"}, Mode::every);
  read({"a"}, Mode::latest, "value > 3");
  read({"a"}, Mode::every, "value > 3");
  screen->acknowledges = false;
  set_all("a", {1});  // fills the window
  set_all("a", {2, 5, 6, 7, 1, 8, 1});
  auto all = rows();
  EXPECT_EQ(counts(all[0]), "8 = 0 + 1 + 6 + 0 + 0 + 1");
  EXPECT_EQ(counts(all[1]), "8 = 0 + 1 + 0 + 0 + 0 + 7");
  EXPECT_EQ(counts(all[2]), "8 = 0 + 0 + 3 + 4 + 0 + 1");
  EXPECT_EQ(counts(all[3]), "8 = 0 + 0 + 0 + 2 + 0 + 6");
  screen->acknowledges = true;
  screen->acknowledge();
  turn();
  all = rows();
  EXPECT_EQ(counts(all[0]), "8 = 2 + 0 + 6 + 0 + 0 + 0");
  EXPECT_EQ(counts(all[1]), "8 = 2 + 0 + 0 + 0 + 6 + 0");
  EXPECT_EQ(counts(all[2]), "8 = 1 + 0 + 3 + 4 + 0 + 0");
  EXPECT_EQ(counts(all[3]), "8 = 0 + 0 + 0 + 3 + 5 + 0");
}

TEST_F(CoreReaders, ATransitionIsInFlightUntilItsFrameIsAcknowledged) {
  read({"a"}, Mode::latest);
  read({"a"}, Mode::every);
  set("a", 1);
  const auto acknowledged = statistics().deliveries;
  EXPECT_EQ(statistics().in_flight, 0u);
  screen->acknowledges = false;
  for (int i = 2; i < 12; ++i) set("a", i);
  EXPECT_EQ(counts(rows()[0]), "11 = 1 + 10 + 0 + 0 + 0 + 0");
  EXPECT_EQ(counts(rows()[1]), "11 = 1 + 10 + 0 + 0 + 0 + 0");
  EXPECT_EQ(statistics().deliveries, acknowledged);
  EXPECT_EQ(statistics().in_flight, 20u);
  // The client has taken some of the frames.
  screen->received -= 4;
  screen->acknowledge();
  turn();
  EXPECT_EQ(counts(rows()[0]), "11 = 7 + 4 + 0 + 0 + 0 + 0");
  EXPECT_EQ(statistics().deliveries, acknowledged + 12);
  screen->received += 4;
  screen->acknowledge();
  turn();
  EXPECT_EQ(counts(rows()[0]), "11 = 11 + 0 + 0 + 0 + 0 + 0");
  EXPECT_EQ(statistics().deliveries, acknowledged + 20);
  EXPECT_EQ(statistics().in_flight, 0u);
}

TEST_F(CoreReaders, WhatWasInFlightWhenItsSessionClosedIsNotDelivered) {
  read({"a"}, Mode::latest);
  screen->acknowledges = false;
  set("a", 1);
  set("a", 2);
  EXPECT_EQ(statistics().in_flight, 2u);
  const auto before = statistics().deliveries;
  screen->goodbye();
  turn();
  EXPECT_EQ(statistics().in_flight, 0u);
  EXPECT_EQ(statistics().deliveries, before);
  EXPECT_EQ(statistics().kept_frames, 0u);
}

TEST_F(CoreReaders, TransitionsOfARemovedTopicStayCounted) {
  read({"x/*"}, Mode::latest);
  set("x/1", 5);
  set("x/1", Value());
  EXPECT_EQ(statistics().topics, 0u);
  EXPECT_EQ(counts(rows()[0]), "2 = 2 + 0 + 0 + 0 + 0 + 0");
  EXPECT_EQ(rows()[0].matched, 0u);
}

TEST_F(CoreReaders, APageContinuesWhereThePreviousOneEnded) {
  start(limited([](Limits& limits) { limits.list_rows_max = 2; }));
  for (int i = 0; i < 5; ++i) read({"a" + std::to_string(i)}, Mode::latest);
  std::vector<std::string> found;
  std::uint64_t cursor = 0;
  int pages = 0;
  do {
    const auto id = robot->list_readers(cursor);
    turn();
    const auto& page = robot->answered<proto::ReadersDone>(id);
    EXPECT_LE(page.rows.size(), 2u);
    for (const auto& row : page.rows) found.push_back(row.topics.front());
    cursor = page.next;
    ++pages;
  } while (cursor != 0 && pages < 10);
  EXPECT_THAT(found, ElementsAre("a0", "a1", "a2", "a3", "a4"));
  EXPECT_EQ(pages, 3);
  const auto beyond = robot->list_readers(static_cast<std::uint64_t>(-1));
  turn();
  EXPECT_TRUE(robot->answered<proto::ReadersDone>(beyond).rows.empty());
}

TEST(SessionLabel, IsASegmentOfATopicsName) {
  const Limits limits;
  PeerTable peers;
  OutboxTotals totals;
  Session session(SessionId{47}, {}, limits, peers, totals);
  session.name = SharedText("screen");
  EXPECT_EQ(session_label(session), "screen-2f");
  session.name = SharedText("");
  EXPECT_EQ(session_label(session), "client-2f");
  session.name = SharedText("a/b *$\tc\x7F");
  EXPECT_EQ(session_label(session), "a-b----c--2f");
  session.name = SharedText(std::string(39, 'x') + "é");  // not cut within a character
  EXPECT_EQ(session_label(session), std::string(39, 'x') + "-2f");
}

}  // namespace
}  // namespace hoiku::broker
