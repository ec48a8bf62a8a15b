#include "bench/loads/stamp.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace hoiku::bench {
namespace {

struct Stamp {
  std::uint64_t number = 0;
  std::int64_t made = 0;
};

}  // namespace

std::int64_t monotonic_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string stamped(std::uint64_t number) {
  const Stamp stamp{number, monotonic_nanoseconds()};
  return std::string(reinterpret_cast<const char*>(&stamp), sizeof stamp);
}

bool Latencies::take(std::string_view value) {
  const std::int64_t arrived = monotonic_nanoseconds();
  Stamp stamp;
  if (value.size() != sizeof stamp) throw std::runtime_error("a value has another size than it was given");
  std::memcpy(&stamp, value.data(), sizeof stamp);
  if (stamp.number <= newest_) throw std::runtime_error("a value came twice, or too late");
  newest_ = stamp.number;
  if (stamp.number > warm_up_) latencies_.push_back(arrived - stamp.made);
  return stamp.number < last_;
}

void Latencies::tell() {
  std::sort(latencies_.begin(), latencies_.end());
  const std::uint64_t received = latencies_.size();
  std::printf("{\"received\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"p50_us\": %.1f, \"p99_us\": %.1f}\n", received,
              last_ - warm_up_ - received, percentile_us(0.5), percentile_us(0.99));
  std::fflush(stdout);
}

double Latencies::percentile_us(double share) const {
  if (latencies_.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(latencies_.size() - 1));
  return static_cast<double>(latencies_[index]) / 1000;
}

void tell_sets(std::uint64_t sets, std::int64_t nanoseconds) {
  std::printf("{\"sets\": %" PRIu64 ", \"seconds\": %.4f}\n", sets, static_cast<double>(nanoseconds) / 1e9);
  std::fflush(stdout);
}

void tell_driver(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

}  // namespace hoiku::bench
