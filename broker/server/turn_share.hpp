// turn_share.hpp: how much input one turn of the broker takes, before the readers are sent what it changed.
//
// Promises   a turn takes at least one frame, and stops after the first one with which it reaches a limit. Reads no
//            clock.
// Thread     the loop's. Owner: a turn.
#pragma once

#include <cstddef>

#include "hoiku/async/time.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class TurnShare {
 public:
  TurnShare(const Limits& limits, TimePoint begin) noexcept
      : commands_left_(limits.turn_commands_max),
        bytes_left_(limits.turn_bytes_max),
        end_(saturating_add(begin, limits.turn_time_max)) {}

  void spend_commands(std::size_t count) noexcept { spend(commands_left_, count); }
  void spend_bytes(std::size_t count) noexcept { spend(bytes_left_, count); }
  // `now`: after the last frame that was taken.
  bool is_spent(TimePoint now) const noexcept { return commands_left_ == 0 || bytes_left_ == 0 || now >= end_; }

 private:
  static void spend(std::size_t& left, std::size_t count) noexcept { left -= count < left ? count : left; }

  std::size_t commands_left_;
  std::size_t bytes_left_;
  TimePoint end_;
};

}  // namespace hoiku::broker
