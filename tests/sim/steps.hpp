// steps.hpp: the length of a history, in steps. A step is one act of a client (a command, a value that it takes), one
// of the network or the broker's machine (a cut, a kill), or one frame that the broker receives or sends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace hoiku::model {

// A history runs for this many steps, and then comes to rest.
inline constexpr std::uint64_t steps_min = 2000;

class StepCount {
 public:
  void add(std::uint64_t steps) {
    ++histories_;
    total_ += steps;
    fewest_ = std::min(fewest_, steps);
  }
  std::uint64_t fewest() const { return fewest_; }
  void print(std::uint64_t checked) const {
    std::printf("%llu histories of at least %llu steps, %llu steps in all; %llu deliveries and answers were checked\n",
                number(histories_), number(fewest_), number(total_), number(checked));
  }

 private:
  static unsigned long long number(std::uint64_t n) { return n; }

  std::uint64_t histories_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t fewest_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace hoiku::model
