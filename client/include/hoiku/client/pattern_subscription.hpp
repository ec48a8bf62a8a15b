// pattern_subscription.hpp: every topic that a pattern matches, as one stream: the present state, a mark, then the changes.
//
// Promises   topics that are created later are in it. In Mode::latest a reader that is slow gets each topic's newest
//            version and is told how many it skipped; once writers stop it has the last value of each. Memory: two transitions
//            per topic. Over a lost session, or a restarted broker, the stream goes on: what vanished becomes unset.
// A filter   where(...): the stream has what matches, in the snapshot too, and `old_value` is the last that matched. What does
//            not match is counted, and so is what vanished with a broker: it is not told as unset.
// Lifetime   subscribed when it is made, gone in the same instant as the object. One task at a time calls next().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hoiku/client/lagged.hpp"
#include "hoiku/client/subscribe_options.hpp"
#include "hoiku/client/subscription_statistics.hpp"
#include "hoiku/client/topic_core.hpp"

namespace hoiku {

struct TopicChange {
  bool end_of_snapshot = false;  // the mark: all that was there has been given. Comes once; nothing else is set then
  std::string topic;
  Value old_value;  // what this reader saw last; null where it saw nothing
  Value value;      // null: not set (any more)
  Version version;  // number 0: never set, or gone with a restarted broker
  std::uint64_t revision = 0;
  std::uint64_t skipped = 0;     // versions between the two that this reader was not given, but for:
  std::uint64_t filtered = 0;    // versions before it that did not match, since the change before
  std::optional<Lagged> lagged;  // in Mode::every: where it was not given all, which
  WallTime changed_at{};         // for people; not set (1970) where nobody made the change
  std::string writer;
  Quality quality = Quality::live;
};

namespace detail {
// What a transition is to somebody who saw `old_value` last.
TopicChange change_of(const Transition& transition, Value old_value);
}  // namespace detail

class PatternSubscription {
 public:
  // By Bus::watch. Throws Error(invalid_topic), and what detail::check() does.
  PatternSubscription(detail::BusPtr bus, std::string pattern, detail::SubscribeOptions options);
  ~PatternSubscription();
  PatternSubscription(const PatternSubscription&) = delete;
  PatternSubscription& operator=(const PatternSubscription&) = delete;

  // Waits for the next change.
  Task<TopicChange> next();
  // What is here already, or nothing. Throws what next() would throw.
  std::optional<TopicChange> try_next();
  SubscriptionStatistics statistics() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hoiku
