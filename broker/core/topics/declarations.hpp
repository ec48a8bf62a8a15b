// declarations.hpp: which topics were declared, and how long they may stay unwritten.
//
// Promises   a declared topic stays so, and is not removed, as long as the broker runs. One that was not written for
//            its deadline is told once; the next write, or touch, begins the time anew. The time begins with the
//            declaration.
// Thread     the core's. Owner: Core.
// Cost       a write costs a look into an array; its timer is moved only when it comes up.
#pragma once

#include <chrono>
#include <optional>

#include "broker/core/timers.hpp"
#include "broker/core/topic_map.hpp"
#include "broker/core/types.hpp"

namespace hoiku::broker {

class Declarations {
 public:
  // Without a deadline it stays as it is; 0 takes it away.
  void declare(TopicId topic, std::optional<std::chrono::nanoseconds> deadline, TimePoint now);
  bool contains(TopicId topic) const noexcept { return by_topic_.contains(topic); }
  // Somebody has written it, be it the same value again.
  void touched(TopicId topic, TimePoint now);
  // The next topic that was not touched for its deadline, or nothing.
  std::optional<TopicId> take_overdue(TimePoint now);
  std::optional<TimePoint> next_deadline() const noexcept { return times_.next(); }

 private:
  struct Declared : Timer {
    TopicId topic{};
    std::chrono::nanoseconds deadline{0};  // 0: none
    TimePoint touched_at{};
  };

  TopicMap<Declared> by_topic_;
  Timers times_;
};

}  // namespace hoiku::broker
