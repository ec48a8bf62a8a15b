// timers.hpp: deadlines in an indexed binary heap: removing one costs as little as adding it, and nothing stale stays.
//
// The same heap as in hoiku/async/detail/deadline_queue.hpp, with an order among equal deadlines: docs/architecture.md
// says why there are two.
//
// Promises   due timers come out earliest first; timers of one instant in the order in which they were scheduled.
// Thread     the core's. Owner: the module that uses it. A Timer is a part of the object that it wakes, and must
//            be cancelled before that object is destroyed; the destructor of the heap touches no timer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "broker/core/types.hpp"

namespace hoiku::broker {

class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  bool is_scheduled() const noexcept { return place_ != nowhere; }

 protected:
  ~Timer() = default;

 private:
  friend class Timers;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  TimePoint at_{};
  std::uint64_t order_ = 0;
  std::size_t place_ = nowhere;
};

class Timers {
 public:
  void schedule(Timer& timer, TimePoint at);  // moves a timer that is scheduled already
  void cancel(Timer& timer) noexcept;         // does nothing if it is not scheduled
  Timer* take_due(TimePoint now) noexcept;    // the first timer that is due, or nullptr
  std::optional<TimePoint> next() const noexcept;
  std::size_t size() const noexcept { return heap_.size(); }

 private:
  static bool before(const Timer& a, const Timer& b) noexcept {
    return a.at_ != b.at_ ? a.at_ < b.at_ : a.order_ < b.order_;
  }
  void put(std::size_t place, Timer* timer) noexcept;
  void rise(std::size_t place) noexcept;
  void sink(std::size_t place) noexcept;

  std::vector<Timer*> heap_;
  std::uint64_t scheduled_ = 0;
};

}  // namespace hoiku::broker
