// audience.hpp: the listeners of one stream. Each has a seat with a short queue of its own.
//
// Promises   all seats get the same digits in the same order, from the moment when they were taken; say() never waits.
//            A listener that is more than `behind_max` digits behind loses its seat instead of a part of the stream.
// Thread     the loop's. Lifetime: an Audience outlives its seats.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "hoiku/async/event.hpp"
#include "hoiku/async/task.hpp"

namespace hoiku::services {

class Audience;

class Seat {
 public:
  explicit Seat(Audience& audience);
  ~Seat();
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  // The next digit. Empty if the seat is lost, or after the last digit of a stream that has ended. One task at a time.
  Task<std::optional<int>> next();
  bool fell_behind() const noexcept { return fell_behind_; }

 private:
  friend class Audience;
  Audience& audience_;
  std::deque<int> unheard_;
  bool fell_behind_ = false;
  Signal news_;
};

class Audience {
 public:
  explicit Audience(std::size_t behind_max) : behind_max_(behind_max) {}

  void say(int digit);
  void end();  // ends the stream
  bool ended() const noexcept { return ended_; }
  std::size_t size() const noexcept { return seats_.size(); }

 private:
  friend class Seat;
  const std::size_t behind_max_;
  std::vector<Seat*> seats_;
  bool ended_ = false;
};

}  // namespace hoiku::services
