#include "services/swarm/pace.hpp"

#include <gtest/gtest.h>

namespace hoiku::services {
namespace {

using namespace std::chrono_literals;

const TimePoint start = TimePoint(1h);

TEST(Pace, GoesOnAtTheNextBeat) {
  Pace pace(start, 10ms);
  EXPECT_EQ(pace.next(), start);
  EXPECT_FALSE(pace.round_ended(start + 3ms));
  EXPECT_EQ(pace.next(), start + 10ms);
  EXPECT_FALSE(pace.round_ended(start + 20ms));  // just in time
  EXPECT_EQ(pace.next(), start + 20ms);
}

TEST(Pace, ALateRoundLeavesOutTheBeatsThatWentByAndMovesNoOthers) {
  Pace pace(start, 10ms);
  EXPECT_TRUE(pace.round_ended(start + 10ms + 1ns));
  EXPECT_EQ(pace.next(), start + 20ms);
  EXPECT_TRUE(pace.round_ended(start + 55ms));
  EXPECT_EQ(pace.next(), start + 60ms);
  EXPECT_TRUE(pace.round_ended(start + 80ms));
  EXPECT_EQ(pace.next(), start + 80ms);
}

TEST(Share, IsAsEvenAsCanBeAndLeavesNoTopicOut) {
  for (const auto& [topics, controllers] : {std::pair(60, 20), std::pair(7, 3), std::pair(1, 4)}) {
    const auto t = static_cast<std::size_t>(topics), c = static_cast<std::size_t>(controllers);
    std::size_t sum = 0;
    for (std::size_t i = 0; i < c; ++i) {
      sum += share_of(t, c, i);
      EXPECT_LE(share_of(t, c, i), t / c + 1);
      EXPECT_GE(share_of(t, c, i), t / c);
    }
    EXPECT_EQ(sum, t);
  }
}

TEST(Tally, IsToldAsALineOrAsAnObject) {
  Tally before;
  before.acknowledged = 10;
  Tally after;
  after.acknowledged = 6010;
  after.late_rounds = 2;
  after.errors = 3;
  after.lost_links = 1;
  const Tally between = after - before;
  EXPECT_EQ(report_text("2 s", between),
            "     2 s      6000 sets acknowledged      2 late rounds    3 errors    1 lost links");
  EXPECT_EQ(report_json(2, false, between),
            R"({"seconds":2.000,"total":false,"acknowledged":6000,"late_rounds":2,"errors":3,"lost_links":1})");
}

}  // namespace
}  // namespace hoiku::services
