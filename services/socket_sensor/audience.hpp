// audience.hpp: everybody who listens to one stream. Each listener has a seat with a short queue of its own.
//
// Promises   all seats get the same digits in the same order, from the moment that they were taken; say() waits for
//            nobody. Who falls more than `behind_max` digits behind loses the seat, rather than a part of the stream.
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

  // The next digit; nothing, where the seat is lost or the stream has ended and everything was heard. One task at a
  // time.
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
  void end();  // of the stream
  bool ended() const noexcept { return ended_; }
  std::size_t size() const noexcept { return seats_.size(); }

 private:
  friend class Seat;
  const std::size_t behind_max_;
  std::vector<Seat*> seats_;
  bool ended_ = false;
};

}  // namespace hoiku::services
