// tally.hpp: what every value of these loads begins with, and what a reader makes of it: counts, order, latencies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/loads/board.hpp"

namespace hoiku::bench {

// Returns the machine's monotonic clock in nanoseconds, which all its processes share.
std::int64_t monotonic_nanoseconds();

// The head of a value. The rest of the value has no meaning.
struct Stamp {
  std::uint64_t number = 0;  // from 1
  std::int64_t made = 0;     // when; 0: nobody asks for its latency
  bool is_last() const { return (number & last_mark) != 0; }
  std::uint64_t position() const { return number & ~last_mark; }

  static constexpr std::uint64_t last_mark = std::uint64_t{1} << 63;
};

// Returns a value of `size` bytes, at least sizeof(Stamp).
std::string stamped(const Stamp& stamp, std::size_t size);
// Throws std::runtime_error if the value is shorter than a stamp.
Stamp stamp_of(std::string_view value);

// The states that one reader of one topic was given.
class Tally {
 public:
  struct Expected {
    std::size_t size = 0;       // of each value
    std::uint64_t warm_up = 0;  // values whose latency is not measured
  };

  // `place` is the reader's on the board.
  Tally(const Expected& expected, Board::Place& place) : expected_(expected), place_(&place) {}

  // Counts a value that arrived now. False: it was the last one. Throws std::runtime_error if the value has another
  // size than it was given, came twice, or is older than the one before.
  bool take(std::string_view value);
  bool is_complete() const { return finished_ != 0; }

  std::uint64_t received() const { return received_; }
  // Values that were numbered before the newest one, and never came.
  std::uint64_t lost() const { return newest_ - received_; }
  std::int64_t finished() const { return finished_; }
  const std::vector<std::int64_t>& latencies() const { return latencies_; }

 private:
  Expected expected_;
  Board::Place* place_;
  std::uint64_t received_ = 0;
  std::uint64_t newest_ = 0;
  std::int64_t finished_ = 0;
  std::vector<std::int64_t> latencies_;
};

// Prints one line of JSON about all readers of a process.
void tell_tallies(const std::vector<Tally>& tallies);

// Prints a line, which the driver waits for.
void tell_driver(const std::string& line);

}  // namespace hoiku::bench
