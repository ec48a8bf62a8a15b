// time.hpp: the loop's time. Monotonic, in nanoseconds; virtual in tests. Never compare times of two runs.
#pragma once

#include <chrono>

namespace hoiku {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = TimePoint::duration;

inline constexpr TimePoint never = TimePoint::max();

// The time of the loop that runs on this thread; outside of any loop, the machine's monotonic clock.
TimePoint now();

// What the machine's calendar says, for people to read: it may jump, and nothing may be decided by it.
std::chrono::sys_time<std::chrono::microseconds> wall_now();

// t + d, staying at `never` instead of overflowing.
constexpr TimePoint saturating_add(TimePoint t, Duration d) {
  if (d > Duration::zero() && t > TimePoint::max() - d) return never;
  return t + d;
}

namespace detail {

// Where a runtime's time comes from. The real one is in clock.cpp, the only file that reads the machine's clock; the
// virtual one is in testing/.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() noexcept = 0;
  // The runtime wants Runtime::fire_deadlines() called at `deadline`, which is earlier than any it named before and has
  // not been told about.
  virtual void wake_at(TimePoint deadline) = 0;
};

}  // namespace detail
}  // namespace hoiku
