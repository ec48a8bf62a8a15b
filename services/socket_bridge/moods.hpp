// moods.hpp: what the bridge makes of a feed, as plain functions: which digit goes where, and when to try again.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "hoiku/async/time.hpp"

namespace hoiku::services {

// The digit that a message is; nothing where it is none.
inline std::optional<int> digit_of(const std::string& message) {
  if (message.size() != 1 || message.front() < '0' || message.front() > '9') return std::nullopt;
  return message.front() - '0';
}

inline bool makes_sad(int digit) { return digit % 2 == 1; }

// The two topics' values as the feed has made them so far.
struct Moods {
  std::string sad = "idle";
  std::string happy = "idle";

  void feel(int digit) { (makes_sad(digit) ? sad : happy) = (makes_sad(digit) ? "😢 " : "😆 ") + std::to_string(digit); }
};

// The pause before the next attempt: doubled each time, from a tenth of a second up to two.
class Backoff {
 public:
  Duration next() {
    const Duration pause = pause_;
    pause_ = std::min<Duration>(2 * pause_, std::chrono::seconds(2));
    return pause;
  }
  void succeeded() { pause_ = first; }

 private:
  static constexpr Duration first = std::chrono::milliseconds(100);
  Duration pause_ = first;
};

}  // namespace hoiku::services
