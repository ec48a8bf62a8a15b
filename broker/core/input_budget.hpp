// input_budget.hpp: how much one turn of the broker executes of its clients' commands, in steps of work.
//
// A frame is executed in pieces: a command that has begun is executed whole, and what is left when the piece is over
// waits in its session (frame_rest.hpp), while the others have their turn.
//
// Promises   the budget never goes below zero; a piece has one command at least.
// Thread     the core's. Owner: Core.
// Unit       steps, as in standing_work.hpp: some 15 ns. The weights are estimates by measurement, and only bound how
//            long a turn takes.
#pragma once

#include <algorithm>
#include <cstddef>

namespace hoiku::broker {

inline constexpr std::size_t steps_of_command = 32;

class InputBudget {
 public:
  explicit InputBudget(std::size_t steps_per_turn) noexcept : steps_per_turn_(steps_per_turn), left_(steps_per_turn) {}

  void renew() noexcept { left_ = steps_per_turn_; }
  bool is_spent() const noexcept { return left_ == 0; }

  // The next piece may spend this part of a turn, and not more than is left.
  void begin_piece(std::size_t parts) noexcept {
    piece_ = std::min(left_, std::max<std::size_t>(steps_per_turn_ / parts, 1));
  }
  bool is_piece_over() const noexcept { return piece_ == 0; }
  void spend(std::size_t steps) noexcept {
    left_ -= std::min(left_, steps);
    piece_ -= std::min(piece_, steps);
  }

 private:
  std::size_t steps_per_turn_;
  std::size_t left_;
  std::size_t piece_ = 0;
};

}  // namespace hoiku::broker
