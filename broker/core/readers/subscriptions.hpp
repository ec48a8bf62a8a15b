// subscriptions.hpp: the readers of each topic. A transition makes their slots dirty.
//
// Filters are tested here, at each commit: a transition that does not pass is counted and wakes no session. An `every`
// reader that is behind is the exception: its filter is tested when its frame is built.
//
// Promises   a topic has at most one slot per subscription (per member, for composites); on_transition() costs the
//            topic's readers and nothing else; a pattern meets every matching topic exactly once: in its scan, or when
//            the topic is created at a place that the scan has passed.
// Thread     the core's. Owner: Core. A Subscription belongs to its session, and is closed before it dies.
// Limits     slots_per_session_max; standing_work_max; answer_bytes_max for states that filtered readers keep although
//            their topics have newer ones. Beyond them the caller is told, and fails the subscription.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/core/readers/filters.hpp"
#include "broker/core/readers/pattern_index.hpp"
#include "broker/core/readers/subscription.hpp"
#include "broker/core/timers.hpp"
#include "broker/core/topic_map.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

// One transition of a topic, when it is committed.
struct TopicTransition {
  TopicId topic{};
  const State& state;
  const State& before;  // null: the topic was never set
  TimePoint now{};
};

// A subscription that cannot continue: the caller closes it with an error.
struct FailedSubscription {
  SessionId owner{};
  std::uint64_t id = 0;
  Failure failure;
};

// A subscription that got no slot for a new topic: the caller closes it with an error.
struct RefusedSubscription {
  Subscription* subscription = nullptr;
  Failure failure;
};

// The error of a session whose filtered readers keep more than answer_bytes_max: limit_exceeded.
Failure keeps_too_much(const Limits& limits);

class Subscriptions {
 public:
  // `limits` and `schemas` (for filters that name fields) are kept by reference.
  explicit Subscriptions(const Limits& limits, const Schemas* schemas = nullptr, const Capacities& capacities = {})
      : limits_(&limits), filters_(schemas, capacities) {}

  void open(Subscription& subscription);
  Filter& acquire_filter(const Predicate& predicate) { return filters_.acquire(predicate); }  // close() releases it
  // Gives the subscription a slot for `topic`, from `position` on. False: why_refused() says why.
  bool attach(Subscription& subscription, TopicId topic, std::uint16_t member, StartPosition position);
  // Why the session gets no slot for another topic, or, if it has room for one, for this topic.
  Failure why_refused(const Subscription& subscription) const;
  // Takes the subscription's slots away, and appends the topics that it read: some may be unused now.
  void close(Subscription& subscription, std::vector<TopicId>& released);

  // A topic was created or restored. Readers that have no slot for it have its states up to `number` (0: it has none).
  // Appends the subscriptions that get no slot for it.
  void topic_created(TopicId topic, std::string_view name, std::uint64_t number,
                     std::vector<RefusedSubscription>& refused);
  // The slot is sent once more, unless its interval has just begun.
  static void send_again(Slot& slot, TimePoint now);
  // Appends the sessions that had nothing to be sent before, and the subscriptions that cannot continue.
  void on_transition(const TopicTransition& transition, std::vector<SessionId>& woken,
                     std::vector<FailedSubscription>& failed);
  // Ends the intervals that are due at `now`. Appends the sessions that had nothing to be sent before.
  void take_due(TimePoint now, std::vector<SessionId>& woken);
  std::optional<TimePoint> next_deadline() const noexcept { return timers_.next(); }
  // Whether the topic must not be removed.
  bool keeps(TopicId topic) const noexcept;
  std::size_t readers(TopicId topic) const noexcept;
  std::size_t standing_work(TopicId topic) const noexcept;  // the steps of each transition
  // Counts the steps that new topics have taken to find their patterns.
  std::uint64_t match_steps() const noexcept { return match_steps_; }
  void topic_removed(TopicId topic);  // discards its slots of patterns; keeps(topic) is false

  // The open subscriptions by serial number, in the order in which they were opened.
  const std::map<std::uint64_t, Subscription*>& by_serial() const noexcept { return by_serial_; }
  static std::uint64_t serial_of(const Subscription& subscription) noexcept { return subscription.serial_; }
  std::size_t size() const noexcept { return by_serial_.size(); }
  std::uint64_t conflated() const noexcept { return conflated_; }
  std::uint64_t filtered() const noexcept { return filtered_; }
  const Filters& filters() const noexcept { return filters_; }

 private:
  void detach(Slot& slot) noexcept;
  void add_transition(Slot& slot, const TopicTransition& transition, std::vector<SessionId>& woken);
  bool passes_filter(Slot& slot, const TopicTransition& transition, std::vector<FailedSubscription>& failed);
  void check_kept(const Subscription& subscription, std::vector<FailedSubscription>& failed) const;
  bool mark_dirty_after_interval(Slot& slot, TimePoint now);

  const Limits* limits_;
  TopicMap<TopicReaders> readers_;
  PatternIndex patterns_;
  std::vector<Subscription*> matched_;  // kept for its memory
  std::map<std::uint64_t, Subscription*> by_serial_;
  std::uint64_t opened_ = 0;
  std::uint64_t match_steps_ = 0;
  Filters filters_;
  Timers timers_;  // for slots that are dirty within their intervals
  std::uint64_t conflated_ = 0;
  std::uint64_t filtered_ = 0;
};

}  // namespace hoiku::broker
