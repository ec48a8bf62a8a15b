// feed.hpp: what the sensor says and when, as plain functions: drawn at random, or written down.
//
// A recorded feed is a text, one digit a line, with the pause before it where it has one of its own:
//
//     # an empty line and what follows a '#' mean nothing
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
  std::optional<Pause> pause;  // before it; nothing: as the program's --interval says

  friend bool operator==(const FeedStep&, const FeedStep&) = default;
};

// "line 3: '12' is not a digit from 0 to 9"
class FeedError : public std::runtime_error {
 public:
  FeedError(std::size_t line, const std::string& complaint)
      : std::runtime_error("line " + std::to_string(line) + ": " + complaint) {}
};

// Nothing where the line says nothing. `number` is for the error.
std::optional<FeedStep> parse_feed_line(std::string_view line, std::size_t number);
std::vector<FeedStep> parse_feed(std::string_view text);

// The pauses between which one is drawn: "100ms..500ms", or "200ms" for always the same.
struct Interval {
  Pause shortest{100'000};
  Pause longest{500'000};

  friend bool operator==(const Interval&, const Interval&) = default;
};
std::optional<Interval> parse_interval(std::string_view text);

// Digits and pauses at random. Equal seeds give equal streams, on any machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : source_(seed) {}
  int digit() { return static_cast<int>(source_() % 10); }
  Pause pause(const Interval& interval);

 private:
  std::mt19937_64 source_;
};

}  // namespace hoiku::services
