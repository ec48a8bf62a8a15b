#include "hoiku/proto/slot_table.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/proto/codec/sample_frames.hpp"

namespace hoiku::proto {
namespace {

constexpr std::int64_t last_microsecond = std::numeric_limits<std::int64_t>::max();

class SlotTableTest : public testing::Test {
 protected:
  static Delivery named(std::uint32_t slot, const std::string& topic, RequestId subscription = 5) {
    Delivery delivery;
    delivery.subscription = subscription;
    delivery.member = 2;
    delivery.transition = samples::transition(Value(1), topic);
    delivery.slot = slot;
    return delivery;
  }
  static proto::Run run(std::uint32_t slot, std::uint64_t number, std::size_t count, std::size_t place = 0) {
    proto::Run made;
    made.place = place;
    made.slot = slot;
    made.number = number;
    made.revision = 10 * number;
    made.changed_at = WallTime(std::chrono::microseconds(100));
    made.writer = "first";
    for (std::size_t i = 0; i < count; ++i) {
      const Value value(static_cast<std::int64_t>(number + i));
      Change change;
      change.value = value;
      change.revision_step = 3;
      change.time_step = std::chrono::microseconds(5);
      if (i == 2) change.writer = "second";
      samples::append(made, change);
    }
    return made;
  }
  std::vector<Delivery> read(const ServerFrame& frame) {
    std::vector<Delivery> all;
    const auto done = table.read(frame, [&](const Delivery& delivery) { all.push_back(delivery); });
    EXPECT_TRUE(done) << (done ? "" : done.failure().message);
    return all;
  }
  bool is_refused(const ServerFrame& frame) {
    const auto done = table.read(frame, [](const Delivery&) {});
    return !done && done.failure().code == ErrorCode::protocol_violation;
  }

  SlotTable table;
};

TEST_F(SlotTableTest, ARunHasTheTopicTheSubscriptionAndTheEpochOfItsSlot) {
  ServerFrame frame;
  frame.deliveries = {named(1, "a")};
  frame.runs = {run(1, 8, 3, 1)};
  const auto all = read(frame);
  ASSERT_EQ(all.size(), 4u);
  const std::uint64_t epoch = all[0].transition->version.epoch;
  for (std::size_t i = 1; i < 4; ++i) {
    const Transition& transition = *all[i].transition;
    EXPECT_EQ(all[i].subscription, 5u);
    EXPECT_EQ(all[i].member, 2u);
    EXPECT_EQ(transition.topic, "a");
    EXPECT_EQ(transition.version, (Version{epoch, 7 + i}));
    EXPECT_EQ(transition.revision, 80 + 3 * (i - 1));  // the first one takes that of the run
    EXPECT_EQ(transition.changed_at.time_since_epoch().count(), 100 + 5 * static_cast<std::int64_t>(i - 1));
    EXPECT_EQ(transition.writer, i == 3 ? "second" : "first");
    EXPECT_EQ(transition.value, Value(static_cast<std::int64_t>(7 + i)));
  }
}

TEST_F(SlotTableTest, RunsAreReadAtTheirPlaces) {
  ServerFrame frame;
  frame.deliveries = {named(1, "a"), named(2, "b")};
  read(frame);
  frame.runs = {run(1, 8, 1, 0), run(2, 8, 1, 1), run(1, 9, 1, 2)};
  frame.deliveries[0].slot = frame.deliveries[1].slot = 0;
  std::vector<std::string> topics;
  for (const Delivery& delivery : read(frame)) topics.push_back(delivery.transition->topic);
  EXPECT_EQ(topics, (std::vector<std::string>{"a", "a", "b", "b", "a"}));
}

TEST_F(SlotTableTest, ASlotMeansWhatItWasGivenToLast) {
  ServerFrame frame;
  frame.deliveries = {named(1, "a"), named(1, "b", 6)};
  frame.runs = {run(1, 8, 1, 1), run(1, 8, 1, 2)};
  const auto all = read(frame);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[1].transition->topic, "a");
  EXPECT_EQ(all[3].transition->topic, "b");
  EXPECT_EQ(all[3].subscription, 6u);
}

TEST_F(SlotTableTest, UnknownSlotsAndLeftOutNumbersAreViolations) {
  ServerFrame unknown;
  unknown.runs = {run(1, 8, 1)};
  EXPECT_TRUE(is_refused(unknown));
  unknown.runs = {run(0, 8, 1)};
  EXPECT_TRUE(is_refused(unknown));
  ServerFrame left_out;
  left_out.deliveries = {named(2, "a")};
  EXPECT_TRUE(is_refused(left_out));
  ServerFrame known;
  known.deliveries = {named(1, "a")};
  read(known);
  table.clear();
  EXPECT_TRUE(is_refused(unknown));
}

TEST_F(SlotTableTest, NothingOfAFrameIsReadIfItCannotBeReadWhole) {
  ServerFrame frame;
  frame.deliveries = {named(1, "a"), named(3, "c")};
  std::size_t read_deliveries = 0;
  EXPECT_FALSE(table.check(frame));
  EXPECT_FALSE(table.read(frame, [&](const Delivery&) { ++read_deliveries; }));
  EXPECT_EQ(read_deliveries, 0u);
  ServerFrame unknown;
  unknown.runs = {run(1, 8, 1)};
  EXPECT_TRUE(is_refused(unknown));  // slot 1 was not given its number
}

TEST_F(SlotTableTest, TheTopicOfASlotHasAShortName) {
  ServerFrame frame;
  frame.deliveries = {named(1, std::string(run_name_bytes_max, 'x'))};
  read(frame);
  frame.deliveries = {named(1, std::string(run_name_bytes_max + 1, 'x'))};
  EXPECT_TRUE(is_refused(frame));
}

TEST_F(SlotTableTest, AMalformedRunIsAViolation) {
  ServerFrame frame;
  frame.deliveries = {named(1, "a")};
  read(frame);
  frame.deliveries.clear();
  frame.runs = {run(1, 8, 2)};
  frame.runs[0].changes.pop_back();
  EXPECT_TRUE(is_refused(frame));
}

TEST_F(SlotTableTest, StepsBeyondTheLastTimeWrapAround) {
  ServerFrame frame;
  frame.deliveries = {named(1, "a")};
  frame.runs = {run(1, 8, 2, 1)};
  frame.runs[0].changed_at = WallTime(std::chrono::microseconds(last_microsecond));
  EXPECT_LT(read(frame).back().transition->changed_at, WallTime());
}

TEST_F(SlotTableTest, AFrameWithoutRunsHasADeliveryForEachChange) {
  ServerFrame frame;
  frame.number = 4;
  frame.deliveries = {named(1, "a")};
  frame.runs = {run(1, 8, 3, 1)};
  const auto expanded = table.without_runs(frame);
  ASSERT_TRUE(expanded);
  EXPECT_EQ(expanded->number, 4u);
  EXPECT_TRUE(expanded->runs.empty());
  EXPECT_EQ(expanded->deliveries.size(), 4u);
}

}  // namespace
}  // namespace hoiku::proto
