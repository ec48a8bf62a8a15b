// wait.hpp: one wait for a state or for a transition. Its session keeps it; Waits arms it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/core/timers.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/predicate.hpp"

namespace hoiku::broker {

struct WaitGroup;
struct Wait;

struct ExpiryTimer : Timer {
  explicit ExpiryTimer(Wait& owner) noexcept : wait(owner) {}
  Wait& wait;
};

struct Wait : Timer {  // the timer of the hold
  SessionId owner{};
  std::uint64_t id = 0;  // the request that made it
  TopicId topic{};
  std::optional<Predicate> predicate;
  std::chrono::nanoseconds hold{0};
  std::chrono::nanoseconds expires_after{0};  // 0: never
  bool on_transition = false;                 // tested at transitions only, including those to unset; has no hold

  // Private to waits.cpp.
  WaitGroup* group = nullptr;      // null: it is not armed
  std::size_t place = 0;           // in a list of the group
  TimePoint hold_not_before{};     // a hold does not begin before this
  bool is_late = false;            // its timer is among the late ones
  std::uint64_t judged_after = 0;  // a late hold that waits for this revision of its topic; 0: for none
  ExpiryTimer expiry{*this};       // scheduled while the wait is armed
};

}  // namespace hoiku::broker
