// backoff.hpp: the pauses between attempts to connect.
//
// In the first seconds of an outage a pause takes 40 ms, so that a broker that starts again is found at once. Later,
// and from the beginning if the broker has refused us, pauses double from 50 ms to 1 s. Each is shortened by up to a
// half at random, so that a hundred clients of a restarted broker do not connect in step.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

#include "hoiku/async/time.hpp"

namespace hoiku::client {

class Backoff {
 public:
  static constexpr Duration quick = std::chrono::milliseconds(40);
  static constexpr Duration quick_for = std::chrono::seconds(3);
  static constexpr Duration first = std::chrono::milliseconds(50);
  static constexpr Duration longest = std::chrono::seconds(1);

  explicit Backoff(TimePoint now) : began_(now) {}

  // Returns the pause before the next attempt. `is_refused`: a broker is there, and does not want us.
  Duration next(TimePoint now, bool is_refused, std::mt19937_64& random) {
    Duration most = quick;
    if (is_refused || now - began_ >= quick_for) most = std::exchange(next_, std::min(2 * next_, longest));
    return most - Duration(static_cast<Duration::rep>(random() % static_cast<std::uint64_t>(most.count() / 2)));
  }
  // A connection that served is lost: a new outage begins.
  void reset(TimePoint now) noexcept {
    began_ = now;
    next_ = first;
  }

 private:
  TimePoint began_;  // of the outage
  Duration next_ = first;
};

}  // namespace hoiku::client
