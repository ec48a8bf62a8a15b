// turn_budget.hpp: how much one turn of the broker may search: topics, past states, and the messages in them.
//
// Promises   the budget never goes below zero; searches that find it spent continue in the next turn, which renew()
//            begins.
// Thread     the core's. Owner: Core.
// Units      scan steps: one topic or one past state that is looked at; a predicate that reads fields costs more.
#pragma once

#include <algorithm>
#include <cstddef>

#include "broker/core/capacities.hpp"
#include "broker/core/state.hpp"

namespace hoiku::broker {

class TurnBudget {
 public:
  explicit TurnBudget(std::size_t steps_per_turn, const Capacities& capacities = {}) noexcept
      : steps_per_turn_(steps_per_turn),
        share_max_(capacities.share_steps),
        page_steps_(capacities.page_steps),
        left_(steps_per_turn) {}

  void renew() noexcept { left_ = steps_per_turn_; }
  std::size_t left() const noexcept { return left_; }
  bool is_spent() const noexcept { return left_ == 0; }
  // The steps that one session may spend before the others have their turn.
  std::size_t share() const noexcept { return std::min(left_, share_max_); }
  // The steps that a page of a list may spend even if nothing is left, so that it makes progress.
  std::size_t page_steps() const noexcept { return page_steps_; }
  void spend(std::size_t steps) noexcept { left_ -= std::min(left_, steps); }

  // Sets half of the remaining budget aside, until give_back().
  [[nodiscard]] std::size_t take_half() noexcept {
    const std::size_t half = left_ / 2;
    left_ -= half;
    return half;
  }
  void give_back(std::size_t steps) noexcept { left_ += steps; }

 private:
  std::size_t steps_per_turn_;
  std::size_t share_max_;
  std::size_t page_steps_;
  std::size_t left_;
};

// The scan steps of testing a state, for a predicate that reads so many `fields`: finding a field reads the whole
// message. (A field of old_value is in the previous message, which is assumed to be as large.)
inline std::size_t steps_of_test(const StateRecord& state, std::size_t fields) noexcept {
  constexpr std::size_t bytes_per_step = 64;
  constexpr std::size_t copied_bytes_per_step = 1024;  // a value is copied to be tested
  return 1 + state.payload_bytes() / copied_bytes_per_step + fields * (state.payload_bytes() / bytes_per_step);
}

}  // namespace hoiku::broker
