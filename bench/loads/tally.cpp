#include "bench/loads/tally.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace hoiku::bench {
namespace {

double percentile_us(const std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[index]) / 1000;
}

}  // namespace

std::int64_t monotonic_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string stamped(const Stamp& stamp, std::size_t size) {
  std::string value(std::max(size, sizeof stamp), 'x');
  std::memcpy(value.data(), &stamp, sizeof stamp);
  return value;
}

Stamp stamp_of(std::string_view value) {
  Stamp stamp;
  if (value.size() < sizeof stamp) throw std::runtime_error("a value is shorter than any that was given");
  std::memcpy(&stamp, value.data(), sizeof stamp);
  return stamp;
}

bool Tally::take(std::string_view value) {
  if (value.size() != expected_.size) throw std::runtime_error("a value has another size than it was given");
  const Stamp stamp = stamp_of(value);
  const std::uint64_t position = stamp.position();
  if (position <= newest_)
    throw std::runtime_error("value " + std::to_string(position) + " came after " + std::to_string(newest_));
  newest_ = position;
  ++received_;
  place_->count.store(received_, std::memory_order_relaxed);
  place_->newest.store(newest_, std::memory_order_release);
  if (stamp.made != 0 && position > expected_.warm_up) latencies_.push_back(monotonic_nanoseconds() - stamp.made);
  if (stamp.is_last()) finished_ = monotonic_nanoseconds();
  return !stamp.is_last();
}

void tell_tallies(const std::vector<Tally>& tallies) {
  std::vector<std::int64_t> latencies;
  std::uint64_t received = 0, lost = 0, complete = 0;
  std::int64_t finished = 0;
  for (const Tally& each : tallies) {
    received += each.received();
    lost += each.lost();
    complete += each.is_complete() ? 1 : 0;
    finished = std::max(finished, each.finished());
    latencies.insert(latencies.end(), each.latencies().begin(), each.latencies().end());
  }
  std::sort(latencies.begin(), latencies.end());
  std::printf("{\"readers\": %zu, \"complete\": %" PRIu64 ", \"received\": %" PRIu64 ", \"lost\": %" PRIu64
              ", \"finished_ns\": %" PRId64 ", \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}\n",
              tallies.size(), complete, received, lost, finished, percentile_us(latencies, 0.5),
              percentile_us(latencies, 0.99), percentile_us(latencies, 0.999));
  std::fflush(stdout);
}

void tell_driver(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

}  // namespace hoiku::bench
