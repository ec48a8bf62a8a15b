// periodic.hpp: something to do every so often.
//
//   auto every = periodic(100ms);
//   for (;;) {
//     co_await every.next();
//     ...
//   }
//
// Promises   the first round begins at once, and each next() is a checkpoint. At a fixed rate (the default) rounds
//            belong to first + n * period, whatever the work between them takes: a round that is late begins at once,
//            those that it has overtaken are counted as missed and not made up for, and the rhythm stays. With
//            fixed_delay a round begins one period after next() was called, so nothing is ever missed.
//            A next() that is cancelled leaves everything as it was.
// Thread     the loop's; one task at a time calls next(), on an object that outlives the call.
// Errors     a period of zero or less is a std::invalid_argument.
// Source     periodic of trio-util, without its drift.
#pragma once

#include <cstdint>
#include <optional>

#include "hoiku/async/task.hpp"
#include "hoiku/async/time.hpp"

namespace hoiku {

enum class Rhythm : unsigned char { fixed_rate, fixed_delay };
inline constexpr Rhythm fixed_rate = Rhythm::fixed_rate;
inline constexpr Rhythm fixed_delay = Rhythm::fixed_delay;

struct Round {
  std::uint64_t number = 0;  // at a fixed rate that of its time: missed rounds have numbers too
  std::uint64_t missed = 0;  // rounds between the one before and this one
  Duration elapsed{};        // since the first round began
  std::optional<Duration> since_last;
};

class Periodic {
 public:
  explicit Periodic(Duration period, Rhythm rhythm = fixed_rate);

  // Waits until the next round is to begin.
  Task<Round> next();

  Duration period() const noexcept { return period_; }
  std::uint64_t missed() const noexcept { return missed_; }  // in all

 private:
  TimePoint due() const;
  Round begin(TimePoint at);

  Duration period_;
  Rhythm rhythm_;
  std::uint64_t missed_ = 0;
  TimePoint first_{};
  TimePoint last_{};
  std::optional<std::uint64_t> number_;  // of the newest round, once there was one
};

inline Periodic periodic(Duration period, Rhythm rhythm = fixed_rate) { return Periodic(period, rhythm); }

}  // namespace hoiku
