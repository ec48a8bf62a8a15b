#include "bench/loads/loads.hpp"

#include <cinttypes>
#include <cstdio>
#include <fstream>

#include "bench/loads/tally.hpp"

namespace hoiku::bench {

void tell_published(std::uint64_t count, std::int64_t began, std::int64_t ended) {
  std::printf("{\"published\": %" PRIu64 ", \"began_ns\": %" PRId64 ", \"ended_ns\": %" PRId64 "}\n", count, began,
              ended);
  std::fflush(stdout);
}

void tell_sets(std::uint64_t sets, std::int64_t nanoseconds) {
  std::printf("{\"sets\": %" PRIu64 ", \"seconds\": %.4f}\n", sets, static_cast<double>(nanoseconds) / 1e9);
  std::fflush(stdout);
}

void tell_connected(long kilobytes) { tell_driver("connected {\"kilobytes\": " + std::to_string(kilobytes) + "}"); }

void tell_lost(int connections) { tell_driver("{\"lost\": " + std::to_string(connections) + "}"); }

long resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    long kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmRSS: %ld", &kilobytes) == 1) return kilobytes;
  }
  return 0;
}

void Followed::take(std::string_view topic, std::string_view value) {
  const std::uint64_t number = stamp_of(value).position();
  std::uint64_t& known = numbers_[std::string(topic)];
  if (number <= known) return;
  known = number;
  if (number > newest_) {
    newest_ = number;
    complete_ = 0;
  }
  if (number == newest_ && ++complete_ == topics_)
    tell_driver("has " + std::to_string(newest_) + " at " + std::to_string(monotonic_nanoseconds()));
}

}  // namespace hoiku::bench
