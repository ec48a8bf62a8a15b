// feed.hpp: the sensor's digits and pauses, as plain functions: drawn at random, or recorded.
//
// A recorded feed is a text with one digit per line, optionally followed by the pause before it:
//
//     # empty lines, and text after '#', are ignored
//     1
//     2 500ms     half a second after the 1
//
// It ends where the text ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hoiku::services {

using Pause = std::chrono::microseconds;

struct FeedStep {
  int digit = 0;               // 0..9
  std::optional<Pause> pause;  // before it; empty: drawn from --interval

  friend bool operator==(const FeedStep&, const FeedStep&) = default;
};

// "line 3: '12' is not a digit from 0 to 9"
class FeedError : public std::runtime_error {
 public:
  FeedError(std::size_t line, const std::string& problem)
      : std::runtime_error("line " + std::to_string(line) + ": " + problem) {}
};

// Empty if the line has no step. `number` is the line number for the error.
std::optional<FeedStep> parse_feed_line(std::string_view line, std::size_t number);
std::vector<FeedStep> parse_feed(std::string_view text);

// The bounds of a random pause: "100ms..500ms", or "200ms" for a constant one.
struct Interval {
  Pause shortest{100'000};
  Pause longest{500'000};

  friend bool operator==(const Interval&, const Interval&) = default;
};
std::optional<Interval> parse_interval(std::string_view text);

// Draws digits and pauses. Equal seeds give equal streams, on any machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : source_(seed) {}
  int digit() { return static_cast<int>(source_() % 10); }
  Pause pause(const Interval& interval);

 private:
  std::mt19937_64 source_;
};

}  // namespace hoiku::services
