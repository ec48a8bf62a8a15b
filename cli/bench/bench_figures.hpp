// bench_figures.hpp: what `hoiku bench` has measured, and how it prints that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hoiku/async/time.hpp"
#include "hoiku/proto/mode.hpp"

namespace hoiku::cli {

struct BenchFigures {
  proto::Mode mode = proto::Mode::every;
  bool acknowledged = false;  // by --set: each value was set and acknowledged, one at a time
  std::uint64_t readers = 0;
  std::uint64_t published = 0;      // values
  std::uint64_t delivered = 0;      // values, of all readers together
  std::uint64_t skipped = 0;        // values that a reader was not given, and knows of: conflated, or lagged
  bool is_complete = false;         // every reader knows of every value
  Duration publishing{0};           // until the broker had applied all
  Duration reading{0};              // until the slowest reader knew of all
  std::vector<Duration> latencies;  // of the probe's values, in the order in which they came

  // Values that came to no reader, and that no reader knows of. Without is_complete some may be on their way.
  std::uint64_t lost() const;
};

// The smallest of the latencies that is not below the given share of them (0.5: the median); zero if there are none.
Duration percentile(const std::vector<Duration>& latencies, double share);

// A few lines for people, or one of JSON. Without a line break at the end.
std::string bench_text(const BenchFigures& figures, bool json);

}  // namespace hoiku::cli
