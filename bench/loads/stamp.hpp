// stamp.hpp: the sixteen bytes that every value of these loads consists of, and what a reader makes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hoiku::bench {

// Returns the machine's monotonic clock in nanoseconds, which all its processes share.
std::int64_t monotonic_nanoseconds();

// Returns a value: a number, and the time of the call.
std::string stamped(std::uint64_t number);

// The latencies of a reader, which is given the values of the numbers 1 to `last`. Values up to `warm_up` are not
// measured.
class Latencies {
 public:
  Latencies(std::uint64_t warm_up, std::uint64_t last) : warm_up_(warm_up), last_(last) {}

  // Measures a value that arrived now. False: it was the last one. Throws std::runtime_error if it is no such value, or
  // is older than the one before.
  bool take(std::string_view value);
  // Prints one line of JSON: received, lost (and so for a reader of the latest value: conflated), percentiles.
  void tell();

 private:
  double percentile_us(double share) const;  // of the sorted latencies

  std::uint64_t warm_up_;
  std::uint64_t last_;
  std::uint64_t newest_ = 0;
  std::vector<std::int64_t> latencies_;
};

// Prints one line of JSON: how many sets were acknowledged in what time.
void tell_sets(std::uint64_t sets, std::int64_t nanoseconds);

// Prints a line, which the driver waits for.
void tell_driver(const std::string& line);

}  // namespace hoiku::bench
