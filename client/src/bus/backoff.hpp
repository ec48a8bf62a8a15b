// backoff.hpp: the pauses between attempts to connect: 50 ms, doubling up to 1 s, each shortened by up to a half at
// random, so that a hundred clients of a restarted broker do not connect in step.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

#include "hoiku/async/time.hpp"

namespace hoiku::client {

class Backoff {
 public:
  static constexpr Duration first = std::chrono::milliseconds(50);
  static constexpr Duration longest = std::chrono::seconds(1);

  Duration next(std::mt19937_64& random) {
    const Duration most = next_;
    next_ = std::min(2 * next_, longest);
    return most - Duration(static_cast<Duration::rep>(random() % static_cast<std::uint64_t>(most.count() / 2)));
  }
  void reset() noexcept { next_ = first; }

 private:
  Duration next_ = first;
};

}  // namespace hoiku::client
