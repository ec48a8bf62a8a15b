// dice.hpp: the random choices of a history, all from one seed; and what the histories talk about: a few topics of a few
// types with few values, so that writes are often equal, and predicates often match.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "hoiku/async/time.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::model {

class Dice {
 public:
  // `grain`: all durations are multiples of it. A coarse one makes things happen at one instant that otherwise never do.
  explicit Dice(std::uint64_t seed, Duration grain = Duration(1)) : random_(seed * 2 + 1), grain_(grain) {}

  std::uint64_t number() { return random_(); }
  // 0 … n-1.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool chance(unsigned percent) { return below(100) < percent; }
  Duration between(Duration min, Duration max) {
    return min + grain_ * static_cast<Duration::rep>(random_() % static_cast<std::uint64_t>((max - min) / grain_ + 1));
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

  std::string topic();
  Value value(const std::string& topic);
  std::string pattern();
  std::vector<std::string> composite();
  std::optional<Predicate> predicate(const std::string& topic);  // that fits it
  std::optional<Predicate> filter(const std::string& pattern);   // that fits it, or some of what matches
  std::chrono::nanoseconds hold();
  std::chrono::nanoseconds interval();

 private:
  std::mt19937_64 random_;
  Duration grain_;
};

// The grain of a history: the seed decides whether it is a coarse one.
inline Duration grain_of(std::uint64_t seed) {
  return seed % 3 == 0 ? Duration(std::chrono::milliseconds(5)) : Duration(1);
}

}  // namespace hoiku::model
