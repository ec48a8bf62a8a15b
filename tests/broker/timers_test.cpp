#include "broker/core/timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

struct Alarm : Timer {};
const TimePoint start{};

TEST(Timers, GivesDueTimersEarliestFirst) {
  Timers timers;
  Alarm late, early;
  timers.schedule(late, start + 2s);
  timers.schedule(early, start + 1s);
  EXPECT_EQ(timers.next(), start + 1s);
  EXPECT_EQ(timers.take_due(start + 999ms), nullptr);
  EXPECT_EQ(timers.take_due(start + 2s), &early);
  EXPECT_EQ(timers.take_due(start + 2s), &late);
  EXPECT_EQ(timers.take_due(start + 2s), nullptr);
  EXPECT_FALSE(timers.next());
}

TEST(Timers, TimersOfOneInstantKeepTheOrderOfScheduling) {
  Timers timers;
  std::vector<Alarm> alarms(50);
  for (Alarm& alarm : alarms) timers.schedule(alarm, start + 1s);
  for (Alarm& alarm : alarms) EXPECT_EQ(timers.take_due(start + 1s), &alarm);
}

TEST(Timers, SchedulingAgainMovesATimer) {
  Timers timers;
  Alarm alarm;
  timers.schedule(alarm, start + 1s);
  timers.schedule(alarm, start + 3s);
  EXPECT_EQ(timers.size(), 1u);
  EXPECT_EQ(timers.take_due(start + 2s), nullptr);
  EXPECT_EQ(timers.take_due(start + 3s), &alarm);
}

TEST(Timers, ACancelledTimerIsNeverDue) {
  Timers timers;
  Alarm alarm;
  timers.cancel(alarm);
  timers.schedule(alarm, start + 1s);
  timers.cancel(alarm);
  EXPECT_FALSE(alarm.is_scheduled());
  EXPECT_EQ(timers.size(), 0u);
  EXPECT_EQ(timers.take_due(start + 1h), nullptr);
}

TEST(Timers, KeepTheirOrderUnderRandomChanges) {
  std::mt19937 random(7);
  Timers timers;
  std::vector<Alarm> alarms(200);
  std::vector<std::optional<TimePoint>> model(alarms.size());
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = random() % alarms.size();
    if (random() % 3 == 0) {
      timers.cancel(alarms[i]);
      model[i].reset();
    } else {
      model[i] = start + std::chrono::milliseconds(random() % 1000);
      timers.schedule(alarms[i], *model[i]);
    }
    std::optional<TimePoint> earliest;
    for (const auto& at : model) {
      if (at && (!earliest || *at < *earliest)) earliest = at;
    }
    ASSERT_EQ(timers.next(), earliest);
    if (earliest && random() % 5 == 0) {
      auto* taken = static_cast<Alarm*>(timers.take_due(*earliest));
      ASSERT_NE(taken, nullptr);
      auto& at = model[static_cast<std::size_t>(taken - alarms.data())];
      ASSERT_EQ(at, earliest);
      at.reset();
    }
  }
}

}  // namespace
}  // namespace hoiku::broker
