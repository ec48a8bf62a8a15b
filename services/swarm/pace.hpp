// pace.hpp: rounds at an even pace, and the counts of their results, as plain values.
#pragma once

#include <cstdint>
#include <string>

#include "hoiku/async/time.hpp"

namespace hoiku::services {

// The starts of rounds lie on a grid, so that a long round does not shift the later ones.
class Pace {
 public:
  Pace(TimePoint start, Duration period) : next_(start), period_(period) {}

  TimePoint next() const noexcept { return next_; }  // start of the next round
  // Ends a round at `now`. True if it was late: one or more starts passed meanwhile, and are left out.
  bool round_ended(TimePoint now) {
    next_ += period_;
    if (now <= next_) return false;
    next_ += (now - next_ + period_ - Duration(1)) / period_ * period_;
    return true;
  }

 private:
  TimePoint next_;
  Duration period_;
};

// Counts since the beginning.
struct Tally {
  std::uint64_t acknowledged = 0;  // sets that the broker has answered
  std::uint64_t late_rounds = 0;
  std::uint64_t errors = 0;      // sets that failed
  std::uint64_t lost_links = 0;  // connections that broke

  friend bool operator==(const Tally&, const Tally&) = default;
};
Tally operator-(const Tally& later, const Tally& earlier);

// The counts as a line, "12 s    6000 sets acknowledged    0 late rounds    0 errors    0 lost links", or as a JSON
// object.
std::string report_text(const std::string& when, const Tally& tally);
std::string report_json(double seconds, bool total, const Tally& tally);

// How many of `topics` the controller `index` of `controllers` has; as even as possible.
constexpr std::size_t share_of(std::size_t topics, std::size_t controllers, std::size_t index) {
  return topics / controllers + (index < topics % controllers ? 1 : 0);
}

}  // namespace hoiku::services
