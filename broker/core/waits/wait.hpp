// wait.hpp: one armed wait, for a state or for a change, as its session keeps it and waits.cpp uses it.
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

struct GivingUp : Timer {
  explicit GivingUp(Wait& of) noexcept : wait(of) {}
  Wait& wait;
};

struct Wait : Timer {  // of its hold
  SessionId owner{};
  std::uint64_t id = 0;  // the request that made it
  TopicId topic{};
  std::optional<Predicate> predicate;
  std::chrono::nanoseconds hold{0};
  std::chrono::nanoseconds given_up_after{0};  // 0: never
  bool is_edge = false;  // it waits for a change: tested at transitions only, those to "not set" included; never holds

  // waits.cpp's own.
  WaitGroup* group = nullptr;  // null: its topic's type is not known yet
  std::size_t place = 0;       // among those that the group, or the topic, keeps for its like
  TimePoint counted_from{};    // a hold's time does not begin before this
  GivingUp giving_up{*this};   // scheduled while it is armed
};

}  // namespace hoiku::broker
