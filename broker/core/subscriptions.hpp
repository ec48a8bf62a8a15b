// subscriptions.hpp: who reads which topic. A commit goes in, and the slots of its readers are dirty.
//
// Promises   a topic has at most one slot per subscription (per member, for composites); changed() costs the topic's
//            readers and nothing else; a pattern's subscription meets every matching topic exactly once: the ones it has
//            not scanned yet in its scan, the others when they are made.
// Thread     the core's. Owner: Core. A Subscription belongs to its session, and is closed before it dies.
// Limits     slots_per_session_max, told to the caller, who refuses the subscription that went beyond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/core/pattern_index.hpp"
#include "broker/core/slots.hpp"

namespace hoiku::broker {

class Subscriptions {
 public:
  explicit Subscriptions(std::size_t slots_per_session_max) : slots_per_session_max_(slots_per_session_max) {}

  void open(Subscription& subscription);  // its owner, queue, kind and pattern are set
  // Gives it a slot for `topic`. A slot of the snapshot is dirty from the start; an `every` reader that has the topic's
  // states up to the number `sent` gets what comes after it, and otherwise the present one first. False: the session has
  // too many.
  bool attach(Subscription& subscription, TopicId topic, std::uint16_t member, bool in_snapshot,
              std::optional<std::uint64_t> sent = {});
  // Takes its slots away, and tells the topics that it read (some may now be unused).
  void close(Subscription& subscription, std::vector<TopicId>& released);

  // A new topic, whose readers have its states up to `number`: none, where it has no state yet. Tells the subscriptions that
  // would have too many slots with it.
  void topic_created(TopicId topic, std::string_view name, std::uint64_t number, std::vector<Subscription*>& overfull);
  // A topic that was removed is back, unset as of `revision`: those who were away and are still looking for their topics
  // have to be told. Tells the sessions that had nothing to be sent before.
  void topic_restored(TopicId topic, std::uint64_t revision, std::vector<SessionId>& woken);
  // The subscription's slot for that topic, where it has one, becomes a part of its snapshot.
  void send_in_snapshot(Subscription& subscription, TopicId topic);
  // The topic's visible state is another. Tells the sessions that had nothing to be sent before.
  void changed(TopicId topic, std::vector<SessionId>& woken);
  // Whether the topic must not be removed: it has a reader by name, or one that was not sent its last state.
  bool keeps(TopicId topic) const noexcept;
  std::size_t readers(TopicId topic) const noexcept;
  void topic_removed(TopicId topic);  // where not keeps(): the slots of patterns go

  std::size_t size() const noexcept { return size_; }
  std::uint64_t conflated() const noexcept { return conflated_; }

 private:
  static std::size_t index_of(TopicId topic) noexcept { return static_cast<std::size_t>(topic); }
  void leave_readers(Slot& slot) noexcept;

  std::size_t slots_per_session_max_;
  std::vector<std::unique_ptr<Readers>> readers_;  // by TopicId; null: nobody reads it
  PatternIndex patterns_;
  std::vector<Subscription*> matched_;  // kept for its memory
  std::size_t size_ = 0;
  std::uint64_t conflated_ = 0;
};

}  // namespace hoiku::broker
