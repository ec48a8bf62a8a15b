#include "services/host_sensors/readings.hpp"

#include <charconv>

namespace hoiku::services {
namespace {

constexpr std::uint64_t sector_bytes = 512;  // the unit of /proc/diskstats, whatever the disk has

std::optional<std::string_view> next_line(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(" \t:");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = line.find_first_of(" \t:");
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end);
  }
}

std::uint64_t number_at(const std::vector<std::string_view>& words, std::size_t index) {
  std::uint64_t number = 0;
  if (index < words.size()) std::from_chars(words[index].data(), words[index].data() + words[index].size(), number);
  return number;
}

// Accepts sda, vda, nvme0n1; refuses sda1, nvme0n1p1, loop0 and dm-0, since the traffic of a partition is counted by
// its disk.
bool is_whole_disk(std::string_view name) {
  const bool ends_in_digit = !name.empty() && name.back() >= '0' && name.back() <= '9';
  if (name.starts_with("nvme") || name.starts_with("mmcblk")) return name.find('p') == std::string_view::npos;
  return (name.starts_with("sd") || name.starts_with("vd") || name.starts_with("xvd")) && !ends_in_digit;
}

}  // namespace

std::vector<CpuTimes> parse_cpu_times(std::string_view proc_stat) {
  std::vector<CpuTimes> all;
  while (const auto line = next_line(proc_stat)) {
    if (!line->starts_with("cpu")) continue;
    const auto words = words_of(*line);
    // user nice system idle iowait irq softirq steal; guest times are within user already.
    CpuTimes times;
    for (std::size_t i = 1; i <= 8; ++i) times.total += number_at(words, i);
    times.busy = times.total - number_at(words, 4) - number_at(words, 5);
    all.push_back(times);
  }
  return all;
}

double load_between(const CpuTimes& earlier, const CpuTimes& later) {
  if (later.total <= earlier.total || later.busy < earlier.busy) return 0.0;
  return static_cast<double>(later.busy - earlier.busy) / static_cast<double>(later.total - earlier.total);
}

std::optional<double> parse_memory_used(std::string_view proc_meminfo) {
  std::uint64_t total = 0, available = 0;
  while (const auto line = next_line(proc_meminfo)) {
    const auto words = words_of(*line);
    if (words.empty()) continue;
    if (words.front() == "MemTotal") total = number_at(words, 1);
    if (words.front() == "MemAvailable") available = number_at(words, 1);
  }
  if (total == 0 || available > total) return std::nullopt;
  return static_cast<double>(total - available) / static_cast<double>(total);
}

Traffic parse_network(std::string_view proc_net_dev) {
  Traffic traffic;
  while (const auto line = next_line(proc_net_dev)) {
    const auto words = words_of(*line);
    if (line->find(':') == std::string_view::npos || words.empty() || words.front() == "lo") continue;
    traffic.received += number_at(words, 1);
    traffic.sent += number_at(words, 9);
  }
  return traffic;
}

Traffic parse_disks(std::string_view proc_diskstats) {
  Traffic traffic;
  while (const auto line = next_line(proc_diskstats)) {
    const auto words = words_of(*line);
    if (words.size() < 10 || !is_whole_disk(words[2])) continue;
    traffic.received += number_at(words, 5) * sector_bytes;
    traffic.sent += number_at(words, 9) * sector_bytes;
  }
  return traffic;
}

std::optional<double> parse_temperature(std::string_view text) {
  long milli_degrees = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milli_degrees);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return static_cast<double>(milli_degrees) / 1000.0;
}

}  // namespace hoiku::services
