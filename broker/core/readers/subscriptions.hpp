// subscriptions.hpp: who reads which topic. A commit goes in, and the slots of its readers are dirty.
//
// A filter is tested here, at each commit; what does not pass is counted and wakes nobody. Of an `every` reader that is behind
// it is tested when it is sent something.
//
// Promises   a topic has at most one slot per subscription (per member, for composites); changed() costs the topic's
//            readers and nothing else; a pattern's subscription meets every matching topic exactly once: the ones it has
//            not scanned yet in its scan, the others when they are made.
// Thread     the core's. Owner: Core. A Subscription belongs to its session, and is closed before it dies.
// Limits     slots_per_session_max, told to the caller, who refuses the subscription that went beyond; answer_bytes_max, of what
//            filtered readers keep although it is over, told likewise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/core/readers/filters.hpp"
#include "broker/core/readers/pattern_index.hpp"
#include "broker/core/readers/slots.hpp"
#include "broker/core/timers.hpp"
#include "broker/core/topic_map.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

// How a reader begins with a topic.
struct Opening {
  bool in_snapshot = false;           // there is something to be sent first
  std::optional<std::uint64_t> sent;  // it has the states up to this number
  std::uint64_t behind = 0;           // so many have come after that
  State match;                        // of a filtered reader that is sent a state: this one
  bool is_over = false;               // the topic has left it behind
  std::uint64_t filtered = 0;         // what it is to be told with the first delivery
  std::uint64_t filtered_after = 0;   // behind `match`
  std::uint64_t counted_from = 0;
};

// A topic's visible state is another.
struct Changed {
  TopicId topic{};
  const State& state;
  const State& before;  // null: it was never set
  TimePoint now{};
};

// A subscription that cannot go on: it is to be closed with an error.
struct Broken {
  SessionId owner{};
  std::uint64_t id = 0;
  Failure failure;
};

// Where the states that passed its filters and are over take more than answer_bytes_max of a session: limit_exceeded.
Failure keeps_too_much(const Limits& limits);

class Subscriptions {
 public:
  // `limits` is kept by reference, and so are the schemas of what filters are about.
  explicit Subscriptions(const Limits& limits, const Schemas* schemas = nullptr)
      : limits_(&limits), filters_(schemas) {}

  void open(Subscription& subscription);  // its owner, queue, kind and pattern are set
  Filter& acquire_filter(const Predicate& predicate) { return filters_.acquire(predicate); }  // close() gives it back
  // Gives it a slot for `topic`. A slot of the snapshot is dirty from the start; an `every` reader that has the topic's
  // states up to the number `sent` gets what comes after it, and otherwise the present one first. False: the session has
  // too many.
  bool attach(Subscription& subscription, TopicId topic, std::uint16_t member, Opening opening);
  // Takes its slots away, and tells the topics that it read (some may now be unused).
  void close(Subscription& subscription, std::vector<TopicId>& released);

  // A new topic, whose readers have its states up to `number`: none, where it has no state yet. Tells the subscriptions that
  // would have too many slots with it.
  void topic_created(TopicId topic, std::string_view name, std::uint64_t number, std::vector<Subscription*>& overfull);
  // A topic that was removed is back, unset as of `revision`: those who were away and are still looking for their topics
  // have to be told. Tells the sessions that had nothing to be sent before.
  void topic_restored(TopicId topic, const State& state, std::vector<SessionId>& woken);
  // The subscription's slot for that topic, where it has one, becomes a part of its snapshot, with that state.
  void send_in_snapshot(Subscription& subscription, TopicId topic, const State& state);
  // The whole subscription is to be told once more, but for what it was told.
  void send_again(Slot& slot, TimePoint now);
  // Tells the sessions that had nothing to be sent before, and who cannot go on.
  void changed(const Changed& change, std::vector<SessionId>& woken, std::vector<Broken>& broken);
  // Intervals that are over at `now`, where something has waited for that.
  void take_due(TimePoint now, std::vector<SessionId>& woken);
  std::optional<TimePoint> next_deadline() const noexcept { return timers_.next(); }
  // Whether the topic must not be removed: it has a reader by name, or one that was not sent its last state.
  bool keeps(TopicId topic) const noexcept;
  std::size_t readers(TopicId topic) const noexcept;
  void topic_removed(TopicId topic);  // where not keeps(): the slots of patterns go

  // The open ones by their serial numbers, which rise: pages begin anywhere.
  const std::map<std::uint64_t, Subscription*>& by_serial() const noexcept { return by_serial_; }
  std::size_t size() const noexcept { return by_serial_.size(); }
  std::uint64_t conflated() const noexcept { return conflated_; }
  std::uint64_t filtered() const noexcept { return filtered_; }
  const Filters& filters() const noexcept { return filters_; }

 private:
  void leave_readers(Slot& slot) noexcept;
  bool soil(Slot& slot, TimePoint now);
  void select(Slot& slot, const Changed& change, std::vector<SessionId>& woken, std::vector<Broken>& broken);
  void keep_match(Slot& slot, std::vector<Broken>& broken);
  static bool put_in_snapshot(Slot& slot, TopicId topic, const State& state);

  const Limits* limits_;
  TopicMap<Readers> readers_;
  PatternIndex patterns_;
  std::vector<Subscription*> matched_;  // kept for its memory
  std::map<std::uint64_t, Subscription*> by_serial_;
  std::uint64_t opened_ = 0;
  Filters filters_;
  Timers timers_;  // of slots that are dirty within their intervals
  std::uint64_t conflated_ = 0;
  std::uint64_t filtered_ = 0;
};

}  // namespace hoiku::broker
