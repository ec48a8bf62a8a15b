// pace.hpp: rounds at an even pace, and what became of them, as plain values.
#pragma once

#include <cstdint>
#include <string>

#include "hoiku/async/time.hpp"

namespace hoiku::services {

// The beats lie on a grid from the start, so that a round that took long moves none of those after it.
class Pace {
 public:
  Pace(TimePoint start, Duration period) : next_(start), period_(period) {}

  TimePoint next() const noexcept { return next_; }  // when the next round is to begin
  // A round ended at `now`. True where it was late: a beat went by meanwhile, or several, which are left out.
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

// What has happened since the beginning.
struct Tally {
  std::uint64_t acknowledged = 0;  // sets that the broker has answered
  std::uint64_t late_rounds = 0;
  std::uint64_t errors = 0;      // sets that failed
  std::uint64_t lost_links = 0;  // connections that broke

  friend bool operator==(const Tally&, const Tally&) = default;
};
Tally operator-(const Tally& later, const Tally& earlier);

// "12 s    6000 sets acknowledged    0 late rounds    0 errors    0 lost links", or an object.
std::string report_text(const std::string& when, const Tally& tally);
std::string report_json(double seconds, bool total, const Tally& tally);

// How many of `topics` the controller number `index` of `controllers` has: as even as can be.
constexpr std::size_t share_of(std::size_t topics, std::size_t controllers, std::size_t index) {
  return topics / controllers + (index < topics % controllers ? 1 : 0);
}

}  // namespace hoiku::services
