// readings.hpp: readings of this machine, as plain functions of the text in /proc and /sys.
//
// Errors     a reading that is missing or malformed is empty: not every machine has every sensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hoiku::services {

// One line of /proc/stat: ticks since boot.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};
// The whole machine first, then each core.
std::vector<CpuTimes> parse_cpu_times(std::string_view proc_stat);
// The share of busy time between two readings, 0..1; 0 if no time has passed.
double load_between(const CpuTimes& earlier, const CpuTimes& later);

// The share of used memory, 0..1, from /proc/meminfo.
std::optional<double> parse_memory_used(std::string_view proc_meminfo);

// Bytes since boot.
struct Traffic {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};
Traffic parse_network(std::string_view proc_net_dev);  // all interfaces but the loopback
Traffic parse_disks(std::string_view proc_diskstats);  // received: read; sent: written; whole disks only

// Degrees Celsius, from the `temp` file of a thermal zone.
std::optional<double> parse_temperature(std::string_view text);

}  // namespace hoiku::services
