// periodic.hpp: does something every so often.
//
//   auto every = periodic(100ms);
//   for (;;) {
//     co_await every.next();
//     ...
//   }
//
// Promises   The first round begins at once. Each next() is a checkpoint. At a fixed rate (the default) round n begins
//            at first + n * period, however long the work takes: a late round begins at once, the rounds that it has
//            overtaken are counted as missed, and the rhythm stays. With fixed_delay a round begins one period after
//            the call of next(): none is ever missed. A next() that is cancelled changes nothing.
// Thread     the loop's. One task at a time calls next(), on an object that outlives the call.
// Errors     A period of zero or less is a std::invalid_argument.
// Source     periodic of trio-util, without its drift.
#pragma once

#include <cstdint>
#include <optional>

#include "hoiku/async/task.hpp"
#include "hoiku/async/time.hpp"

namespace [[gnu::visibility("default")]] hoiku {

enum class Rhythm : unsigned char { fixed_rate, fixed_delay };
inline constexpr Rhythm fixed_rate = Rhythm::fixed_rate;
inline constexpr Rhythm fixed_delay = Rhythm::fixed_delay;

struct Round {
  std::uint64_t number = 0;            // counts from 0; missed rounds have numbers too
  std::uint64_t missed = 0;            // rounds missed between the one before and this one
  Duration elapsed{};                  // since the first round began
  std::optional<Duration> since_last;  // empty for the first round
};

class Periodic {
 public:
  explicit Periodic(Duration period, Rhythm rhythm = fixed_rate);

  // Waits until the next round begins.
  Task<Round> next();

  Duration period() const noexcept { return period_; }
  // Returns the number of all missed rounds.
  std::uint64_t missed() const noexcept { return missed_; }

 private:
  TimePoint due() const;
  Round begin(TimePoint at);

  Duration period_;
  Rhythm rhythm_;
  std::uint64_t missed_ = 0;
  TimePoint first_{};
  TimePoint last_{};
  std::optional<std::uint64_t> number_;  // of the latest round; empty before the first
};

inline Periodic periodic(Duration period, Rhythm rhythm = fixed_rate) { return Periodic(period, rhythm); }

}  // namespace hoiku
