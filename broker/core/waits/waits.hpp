// waits.hpp: the armed waits, each of which ends with one answer: the first state that matches, a match that has held
// for a time, or the first transition that matches.
//
// Waits of one topic with equal predicates are one group, and a commit tests each group once, however many wait. A hold
// counts from the moment from which the predicate has been true; a hold that is armed while the predicate is true
// counts from the topic's last transition. Without a predicate a hold means "unchanged": each transition restarts it.
//
// A predicate that names old_value is about a transition, so it is tested at transitions only, not on arming. The same
// is true of a wait for a transition, which also matches when a topic becomes unset.
//
// Waits ignore transitions that change only the quality, and a hold is complete only if the value was live throughout.
// Both are different if the predicate names the quality: then each transition is tested, and the predicate alone
// decides whether a hold goes on.
//
// A hold is late if the broker looks at it more than a tick after it was due: the broker was busy or stopped, and input
// that says otherwise may be waiting. Waits judges a late hold after that input, when its writes are committed.
//
// A client that gives a wait a maximum time need not cancel it: a second after that time the wait expires, without an
// answer. The second is for answers and cancellations that are on their way when the time ends.
//
// Promises   the first match decides, at the commit; an unset topic matches no wait for a state; a hold is complete if,
//            and only if, the predicate was true throughout; each wait ends once.
// Thread     the core's. Owner: Core. A Wait belongs to its session, and is cancelled before it is destroyed unless it
//            has ended.
// Cost       a commit costs its topic's groups, and the waits that end. It does not cost the groups without a hold that
//            compare the value with one number or text, and that it does not end (comparison_index.hpp). A hold's timer
//            is due at most once per hold time. A wait that can expire has a second timer.
// Limits     standing_work_max: the session whose wait is the first of a group pays for it, and, when that wait ends,
//            the session of another one. Groups that the index has always had are free.
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
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/types.hpp"
#include "broker/core/waits/wait.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

// The topic of a wait, as Waits needs it.
struct WaitedTopic {
  ContentType type;
  const State& committed;
  TimePoint changed_at;
};

// A wait that has ended: it matched its topic's committed state, or failed.
struct WaitEnd {
  Wait* wait = nullptr;
  std::optional<Failure> failure;
};

// Checks a wait without its topic. Errors: invalid_predicate, invalid_argument.
Result<void> check_wait(const std::optional<Predicate>& predicate, std::chrono::nanoseconds hold,
                        std::chrono::nanoseconds expires_after, const Limits& limits);

class Waits {
 public:
  explicit Waits(const Limits& limits);  // kept by reference
  ~Waits();
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;

  // True: the wait matches already, and is not kept. False: it is armed, and must not move. Errors: those of
  // resolved(), if the topic's type is known; limit_exceeded, if its session's waits cost the topic too much.
  Result<bool> arm(Wait& wait, const WaitedTopic& topic, TimePoint now);
  void cancel(Wait& wait);  // `wait` is armed

  // The topic has changed from `before` (null: never set) to topic.committed. take_due(now) was called before.
  void on_transition(TopicId id, const WaitedTopic& topic, const State& before, TimePoint now,
                     std::vector<WaitEnd>& ended);
  // The topic has a type from now on, or another one; its state is the same.
  void on_type_known(TopicId id, const WaitedTopic& topic, std::vector<WaitEnd>& ended);
  // Appends the holds that are complete at `now`, in the order in which they became complete. Holds that were due more
  // than a tick ago become late.
  void take_due(TimePoint now, std::vector<WaitEnd>& ended);
  // When the first late hold was due.
  std::optional<TimePoint> next_late() const noexcept { return late_.next(); }
  // Judges a late hold that was due at `was_due`, after all input that was waiting: appends it if it is complete.
  void judge_late(const TopicTable& topics, TimePoint was_due, TimePoint now, std::vector<WaitEnd>& ended);
  // A wait that has expired at `now`, which the caller cancels; nullptr: there is none.
  Wait* take_expired(TimePoint now) noexcept;
  std::optional<TimePoint> next_deadline() const noexcept;

  bool any(TopicId topic) const noexcept { return by_topic_.contains(topic); }
  std::size_t count(TopicId topic) const noexcept;          // costs the topic's groups
  std::size_t standing_work(TopicId topic) const noexcept;  // the steps of each transition
  std::size_t size() const noexcept { return size_; }
  std::size_t predicates() const noexcept { return predicates_; }  // distinct ones per topic
  std::uint64_t tests() const noexcept { return tests_; }

 private:
  struct TopicWaits;
  struct Change;
  WaitGroup& join(TopicWaits& waits, Wait& wait, const WaitedTopic& topic, std::optional<ResolvedPredicate> resolved);
  bool matches(const WaitGroup& group, const StateRecord& state, const Value& old_value);
  void resolve(WaitGroup& group, const ContentType& type, std::vector<WaitEnd>& ended);
  void file(TopicWaits& waits, WaitGroup& group);
  static void visit_always(TopicWaits& waits, WaitGroup& group);
  void visit(TopicWaits& waits, WaitGroup& group, const Change& change, std::vector<WaitEnd>& ended);
  void match_group(WaitGroup& group, bool is_match, const StateRecord& committed, TimePoint now,
                   std::vector<WaitEnd>& ended);
  void hold_group(WaitGroup& group, const StateRecord& committed, TimePoint now, std::vector<WaitEnd>& ended);
  Result<void> charge(TopicWaits& waits, WaitGroup& group, Wait& wait) const;
  static void charge_another(TopicWaits& waits, WaitGroup& group);
  void begin(Wait& wait, TimePoint now);
  void end(Wait& wait) noexcept;
  void time(Wait& wait);
  void suspend(Wait& wait);
  void end_hold(Wait& wait, std::vector<WaitEnd>& ended);
  void complete(Wait& wait, std::vector<WaitEnd>& ended);
  void detach(Wait& wait) noexcept;
  static void unlist(TopicWaits& waits, const WaitGroup& group) noexcept;
  void discard_if_empty(WaitGroup& group);
  void discard_if_empty(TopicId topic) noexcept;

  const Limits* limits_;
  TopicMap<TopicWaits> by_topic_;
  Timers holds_;
  Timers late_;
  Timers expiries_;
  std::size_t size_ = 0;
  std::size_t predicates_ = 0;
  std::uint64_t tests_ = 0;
  std::vector<WaitGroup*> found_;  // of on_transition(); kept for its memory
};

}  // namespace hoiku::broker
