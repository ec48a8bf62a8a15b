// dice.hpp: the random choices of a history, all from one seed, over a few topics of a few types with few values, so
// that writes are often equal and predicates often match.
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
  // All durations are multiples of `grain`. With a coarse one, events coincide that otherwise never do.
  explicit Dice(std::uint64_t seed, Duration grain = Duration(1)) : random_(seed * 2 + 1), grain_(grain) {}
  // Values have up to so many bytes; next_value() now and then has one more.
  void limit_values(std::size_t bytes_max) { value_bytes_max_ = bytes_max; }

  std::uint64_t number() { return random_(); }
  // Returns a number from 0 to n-1.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool chance(unsigned percent) { return below(100) < percent; }
  Duration between(Duration min, Duration max) {
    return min + grain_ * static_cast<Duration::rep>(random_() % static_cast<std::uint64_t>((max - min) / grain_ + 1));
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

  static const std::vector<std::string>& topics();
  std::string topic() { return pick(topics()); }
  // Owned topics have names of their own, since their last wills and deadlines make transitions that nobody wrote.
  std::string owned_topic() { return "own/" + std::to_string(below(3)); }
  Value value(const std::string& topic);
  // Seldom of another type than the others of the topic: an unset topic takes it.
  Value next_value(const std::string& topic);
  std::string pattern();
  std::vector<std::string> composite();
  std::optional<Predicate> predicate(const std::string& topic);  // of the topic's type
  std::optional<Predicate> filter(const std::string& pattern);   // of the type of some topic that matches
  Predicate about_field();                                       // of a Pose
  std::chrono::nanoseconds hold();
  std::chrono::nanoseconds interval();

 private:
  std::string contents();  // of a text or of bytes
  Value literal(const std::string& topic);
  Predicate::Node condition(const std::string& topic);
  Predicate::Node junction(Predicate::Node a, Predicate::Node b);
  Predicate::Node comparison(const std::string& topic);
  Predicate::Node about_change(const std::string& topic);
  Predicate::Node about_quality();

  std::mt19937_64 random_;
  Duration grain_;
  std::optional<std::size_t> value_bytes_max_;
};

// Returns the grain of a history, a coarse one for every third seed.
inline Duration grain_of(std::uint64_t seed) {
  return seed % 3 == 0 ? Duration(std::chrono::milliseconds(5)) : Duration(1);
}

}  // namespace hoiku::model
