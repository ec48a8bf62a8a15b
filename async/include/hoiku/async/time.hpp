// time.hpp: the loop's time: monotonic, in nanoseconds, and virtual in tests. Times of two runs cannot be compared.
#pragma once

#include <chrono>

namespace [[gnu::visibility("default")]] hoiku {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = TimePoint::duration;

inline constexpr TimePoint never = TimePoint::max();

// Returns the time of the loop that runs on this thread; outside of any loop, that of the machine's monotonic clock.
TimePoint now();

// Returns the machine's calendar time, for people to read. It may jump: decide nothing by it.
std::chrono::sys_time<std::chrono::microseconds> wall_now();

// Returns t + d, or `never` if that would overflow.
constexpr TimePoint saturating_add(TimePoint t, Duration d) {
  if (d > Duration::zero() && t > TimePoint::max() - d) return never;
  return t + d;
}

namespace detail {

// The source of a loop's time. clock.cpp has the real one, and is the only file that reads the machine's clock;
// testing/ has the virtual one.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() noexcept = 0;
  // Asks for a call of Runtime::fire_deadlines() at `deadline`. It is earlier than every deadline that is still
  // pending.
  virtual void wake_at(TimePoint deadline) = 0;
};

}  // namespace detail
}  // namespace hoiku
