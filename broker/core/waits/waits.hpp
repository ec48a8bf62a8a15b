// waits.hpp: readers that want one answer: the first state that matches, or a match that has held for a time, or the
// first change that matches.
//
// Waits of one topic with equal predicates are one group, and a commit tests each group once, however many wait. A hold
// counts from the moment since which the predicate has been true; one that is armed while it is true counts from the
// topic's last transition. Without a predicate a hold means "unchanged": each transition begins it anew.
//
// A predicate that names old_value is about a transition, so it is tested at transitions only, not on arming; and so is
// whatever waits for a change, which sees a topic become unset too. Both are about values: a transition that changes
// the quality alone is none to them. A hold is complete only with a value that is live throughout.
//
// Whoever says for how long somebody waits at most need not come back to cancel: a second later the wait is given up,
// and nobody is told. The second is for answers and cancels that are under way when the time is over: the client
// decides.
//
// Promises   the first match decides, at the commit; a state that is not set matches nothing; a hold is complete if,
//            and only if, the predicate was true throughout; each wait ends once.
// Thread     the core's. Owner: Core. A Wait belongs to its session, and is cancelled before it dies unless it ended.
// Cost       a commit costs its topic's groups, and the waits that end; a hold's timer is looked at once per hold time.
//            A wait that is given up after a time has a timer of its own for that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/timers.hpp"
#include "broker/core/topic_map.hpp"
#include "broker/core/topics/content_type.hpp"
#include "broker/core/types.hpp"
#include "broker/core/waits/wait.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

// What a wait has to know of its topic.
struct WaitedTopic {
  ContentType type;
  const State& visible;
  TimePoint changed_at;
};

// A wait that has ended: it matched its topic's visible state, or failed.
struct WaitEnd {
  Wait* wait = nullptr;
  std::optional<Failure> failure;
};

// Whether a wait makes sense by itself. Errors: invalid_predicate, invalid_argument.
Result<void> check_wait(const std::optional<Predicate>& predicate, std::chrono::nanoseconds hold,
                        std::chrono::nanoseconds given_up_after, const Limits& limits);

class Waits {
 public:
  Waits();
  ~Waits();
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;

  // True: it matches already, and nothing is kept of it. False: it is armed, and must not move.
  // Errors: what Predicate::resolved_for() says, where the topic's type is known.
  Result<bool> arm(Wait& wait, const WaitedTopic& topic, TimePoint now);
  void cancel(Wait& wait) noexcept;  // that is armed

  // The topic has changed from `before` (null: never set) to topic.visible. What was due at `now` has been taken
  // before.
  void changed(TopicId id, const WaitedTopic& topic, const State& before, TimePoint now, std::vector<WaitEnd>& ended);
  // The topic had no type, and has one from now on; its state is the same.
  void type_is_known(TopicId id, const WaitedTopic& topic, std::vector<WaitEnd>& ended);
  // Holds that are complete at `now`, in the order in which they became so.
  void take_due(TimePoint now, std::vector<WaitEnd>& ended);
  // One that has been given up by `now`, which the caller now cancels; nullptr: there is none.
  Wait* take_given_up(TimePoint now) noexcept;
  std::optional<TimePoint> next_deadline() const noexcept;

  bool any(TopicId topic) const noexcept { return by_topic_.contains(topic); }
  std::size_t count(TopicId topic) const noexcept;  // looks at each of its groups, as a commit does
  std::size_t size() const noexcept { return size_; }
  std::size_t predicates() const noexcept { return predicates_; }  // distinct ones per topic
  std::uint64_t tests() const noexcept { return tests_; }

 private:
  struct TopicWaits;
  WaitGroup& join(TopicWaits& waits, Wait& wait, const WaitedTopic& topic);
  bool matches(const WaitGroup& group, const Value& value, const Value& old_value);
  void settle_types(TopicWaits& waits, const WaitedTopic& topic, std::vector<WaitEnd>& ended);
  void match_group(WaitGroup& group, bool is_match, bool is_live, TimePoint now, std::vector<WaitEnd>& ended);
  void hold_group(WaitGroup& group, bool is_live, TimePoint now);
  void begin(Wait& wait, TimePoint now);
  void end(Wait& wait) noexcept;
  void rest(Wait& wait);
  void leave(Wait& wait) noexcept;
  void drop_if_empty(WaitGroup& group) noexcept;
  void drop_if_empty(TopicId topic) noexcept;

  TopicMap<TopicWaits> by_topic_;
  Timers timers_;     // of holds
  Timers giving_up_;  // of those that are given up after a time
  std::size_t size_ = 0;
  std::size_t predicates_ = 0;
  std::uint64_t tests_ = 0;
};

}  // namespace hoiku::broker
