// declarations.hpp: the declared topics, the sessions that have declared each, and how long it may stay unwritten.
//
// Promises   a topic that is not written for its deadline is reported once; the next write, also of an equal value,
//            restarts its time. The time begins with the declaration.
// Thread     the core's. Owner: Core.
// Cost       a write costs one access to an array; the timer is moved only when it is due.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "broker/core/timers.hpp"
#include "broker/core/topic_map.hpp"
#include "broker/core/types.hpp"

namespace hoiku::broker {

class Declarations {
 public:
  // Without `deadline` the topic keeps its deadline; 0 removes it.
  void declare(TopicId topic, SessionId by, std::optional<std::chrono::nanoseconds> deadline, TimePoint now);
  bool contains(TopicId topic) const noexcept { return by_topic_.contains(topic); }
  // The sessions that have declared the topic, and are open: the caller withdraws those that close.
  const std::vector<SessionId>& declarers(TopicId topic) const noexcept;
  void withdraw(TopicId topic, SessionId session) noexcept;
  void remove(TopicId topic) noexcept;  // the topic is declared
  // The topic was written, perhaps with the same value.
  void touched(TopicId topic, TimePoint now);
  // The next topic that was not written for its deadline, or nothing.
  std::optional<TopicId> take_overdue(TimePoint now);
  std::optional<TimePoint> next_deadline() const noexcept { return times_.next(); }

 private:
  struct Declared : Timer {
    TopicId topic{};
    std::chrono::nanoseconds deadline{0};  // 0: none
    TimePoint touched_at{};
    std::vector<SessionId> declarers;
  };

  TopicMap<Declared> by_topic_;
  Timers times_;
};

}  // namespace hoiku::broker
