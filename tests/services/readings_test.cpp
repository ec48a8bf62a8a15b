#include "services/host_sensors/readings.hpp"

#include <gtest/gtest.h>

namespace hoiku::services {
namespace {

TEST(Readings, LoadIsTheBusyShareBetweenTwoReadings) {
  const auto before = parse_cpu_times("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\nintr 5\n");
  const auto after = parse_cpu_times("cpu  150 0 100 830 20 0 0 0 0 0\ncpu0 50 0 50 450 0 0 0 0 0 0\nintr 9\n");
  ASSERT_EQ(before.size(), 2u);
  ASSERT_EQ(after.size(), 2u);
  EXPECT_DOUBLE_EQ(load_between(before[0], after[0]), 0.5);
  EXPECT_DOUBLE_EQ(load_between(before[1], after[1]), 0.0);
}

TEST(Readings, NoTimeOrATimeThatRunsBackIsNoLoad) {
  EXPECT_EQ(load_between({5, 10}, {5, 10}), 0.0);
  EXPECT_EQ(load_between({5, 10}, {4, 12}), 0.0);
  EXPECT_EQ(load_between({5, 10}, {6, 9}), 0.0);
}

TEST(Readings, MemoryUsedIsWhatIsNotAvailable) {
  EXPECT_EQ(parse_memory_used("MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:  250 kB\n"), 0.75);
  EXPECT_EQ(parse_memory_used("MemFree: 100 kB\n"), std::nullopt);
  EXPECT_EQ(parse_memory_used(""), std::nullopt);
}

TEST(Readings, NetworkIsTheSumWithoutTheLoopback) {
  const Traffic traffic = parse_network(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
      "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n"
      "  eth0: 100 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n"
      "  eth1:  10 1 0 0 0 0 0 0  20 1 0 0 0 0 0 0\n");
  EXPECT_EQ(traffic.received, 110u);
  EXPECT_EQ(traffic.sent, 220u);
}

TEST(Readings, DisksAreCountedOnceAndWithoutTheirPartitions) {
  const Traffic traffic = parse_disks(
      " 254 0 vda 5 0 10 0 7 0 20 0 0 0 0\n"
      " 254 1 vda1 5 0 10 0 7 0 20 0 0 0 0\n"
      " 259 0 nvme0n1 5 0 1 0 7 0 2 0 0 0 0\n"
      " 259 1 nvme0n1p1 5 0 1 0 7 0 2 0 0 0 0\n"
      "   7 0 loop0 5 0 9 0 7 0 9 0 0 0 0\n");
  EXPECT_EQ(traffic.received, 11u * 512);
  EXPECT_EQ(traffic.sent, 22u * 512);
}

TEST(Readings, ATemperatureThatIsNotThereGivesNothing) {
  EXPECT_EQ(parse_temperature("41500\n"), 41.5);
  EXPECT_EQ(parse_temperature(""), std::nullopt);
  EXPECT_EQ(parse_temperature("hot"), std::nullopt);
}

}  // namespace
}  // namespace hoiku::services
