// pattern_subscription.hpp: all topics that a pattern matches, as one stream: their states, a mark, then transitions.
//
//   PatternSubscription all = bus.watch("sensor/**");
//   for (;;) {
//     const AnyTransition transition = co_await all.next();
//     if (!transition.end_of_snapshot) show(transition.topic, transition.value);
//   }
//
// Promises   the stream includes topics that are created later. In Mode::latest a slow reader gets the latest version
//            of each topic, and hears how many it skipped; once writers stop, it has the last value of each. The stream
//            goes on over a lost session and a restarted broker; topics that the new broker does not have become unset.
// Speed      batch() gives what has arrived as views, which is several times as fast as next():
//
//   for (;;) {
//     TransitionBatch batch = co_await all.batch();
//     for (const AnyTransitionView& transition : batch) count(transition.topic);
//   }
//
// Filter     with where(...) the stream has only what matches, in the snapshot too, and `old_value` is the last value
//            that matched. Versions that do not match are counted. Topics that a restarted broker does not have are
//            counted as well: the reader does not hear that they are unset.
// Limits     Mode::latest: two transitions per topic, however slow the reader is.
// Lifetime   subscribed while the object lives. One task at a time calls next().
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "hoiku/client/lagged.hpp"
#include "hoiku/client/subscribe_options.hpp"
#include "hoiku/client/subscription_statistics.hpp"
#include "hoiku/client/topic_core.hpp"
#include "hoiku/proto/transition_view.hpp"

namespace [[gnu::visibility("default")]] hoiku {

struct AnyTransition {
  bool end_of_snapshot = false;  // the mark after the current states. Comes once, with no other field set
  std::string topic;
  Value old_value;  // the value that this reader saw before; null if it saw none
  Value value;      // null: the topic is unset
  Version version;  // number 0: never set, or not known to a restarted broker
  std::uint64_t revision = 0;
  std::uint64_t skipped = 0;     // versions between the two that this reader was not given, without the filtered ones
  std::uint64_t filtered = 0;    // versions between the two that did not match
  std::optional<Lagged> lagged;  // in Mode::every: which versions were not given, if any
  WallTime changed_at{};         // for people; 1970 for a topic that a restarted broker does not have
  std::optional<WallTime> source_time;  // of measured_at(), by the clock of the source
  std::string writer;
  Quality quality = Quality::live;
};

// An AnyTransition without copies: the texts and values are those of the subscription, until the reader asks for the
// next transition or its task waits.
struct AnyTransitionView : TransitionView {
  bool end_of_snapshot = false;
  ValueView old_value;
  std::uint64_t skipped = 0;
  std::uint64_t filtered = 0;
  std::optional<Lagged> lagged;

  AnyTransition copy() const;
};

namespace detail {
// The transition, for a reader that saw `old_value` before.
AnyTransition any_transition(const hoiku::TransitionView& transition, const ValueView& old_value);
}  // namespace detail

class TransitionBatch;

class PatternSubscription {
 public:
  // Made by Bus::watch. Throws Error(invalid_topic) for the pattern, and Error(invalid_argument) or
  // Error(invalid_predicate) for the options.
  PatternSubscription(detail::BusPtr bus, std::string pattern, detail::SubscribeOptions options);
  ~PatternSubscription();
  PatternSubscription(const PatternSubscription&) = delete;
  PatternSubscription& operator=(const PatternSubscription&) = delete;

  // Waits for the next item. Throws the broker's error if it refused the subscription or ended it, and Closed, or the
  // error that ended the Bus, when the Bus has ended.
  Task<AnyTransition> next();
  // Returns an item that has arrived already, or nothing. Throws what next() would throw.
  std::optional<AnyTransition> try_next();
  // Waits until something has arrived, and returns all that has, to be iterated over once. Throws as next().
  Task<TransitionBatch> batch();
  SubscriptionStatistics statistics() const;

 private:
  friend class TransitionBatch;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The transitions that have arrived at a PatternSubscription. The subscription outlives the batch, and is asked for
// nothing else meanwhile.
class TransitionBatch {
 public:
  class Iterator {
   public:
    using value_type = AnyTransitionView;
    using difference_type = std::ptrdiff_t;

    const AnyTransitionView& operator*() const noexcept;
    const AnyTransitionView* operator->() const noexcept { return &**this; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept;

   private:
    friend class TransitionBatch;
    explicit Iterator(PatternSubscription::Impl& reader) noexcept : reader_(&reader) {}
    PatternSubscription::Impl* reader_;
  };

  Iterator begin() noexcept { return Iterator(*reader_); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  friend class PatternSubscription;
  explicit TransitionBatch(PatternSubscription::Impl& reader) noexcept : reader_(&reader) {}
  PatternSubscription::Impl* reader_;
};

}  // namespace hoiku
