// slot.hpp: one topic of one subscription, and the queues in which slots wait to be sent.
//
// A slot records whether its reader was sent the topic's committed state, and, for an `every` reader, the number of the
// last state that it was sent. States are looked up when a frame is built, so a slow reader keeps no values; only a
// slot with a filter keeps the last state that passed.
//
// Promises   a subscription has at most one slot per topic (per member, for composites), however much is written.
// Thread     the core's. Owner: Subscription, which alone changes slots (subscription.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "broker/core/standing_work.hpp"
#include "broker/core/timers.hpp"
#include "broker/core/types.hpp"

namespace hoiku::broker {

class Slot;
class Subscription;

// The slots that read one topic.
struct TopicReaders {
  // Whether the topic must stay: it is read by name, or a slot has not been sent its last state.
  bool keep_topic() const noexcept { return pinned_by_name > 0 || dirty > 0; }

  TopicId topic{};
  std::uint32_t pinned_by_name = 0;  // slots of plain names and composites
  std::uint32_t dirty = 0;           // slots that are dirty
  std::vector<Slot*> slots;
  StandingWork work;
};

// The additional state of a slot with a filter or an interval. The timer ends the interval.
struct FilterState : Timer {
  explicit FilterState(Slot& owner) : slot(owner) {}

  Slot& slot;
  State match;                       // the state to send; null: none passed, or an `every` reader looks it up
  std::size_t kept_bytes = 0;        // the size of `match`, if the topic has a newer state
  std::uint64_t filtered = 0;        // states before `match` that did not pass, since the last delivery
  std::uint64_t filtered_after = 0;  // states after `match` that did not pass
  std::uint64_t lagged = 0;          // for an `every` reader, since the last delivery
  std::uint64_t count_baseline = 0;  // version that the count begins after, for the next delivery; 0: none
  TimePoint not_before{};            // the end of the interval that the last delivery began
};

// A place in a queue. It belongs to a slot, or stands for all slots of an `every` subscription.
class QueueEntry {
 public:
  explicit QueueEntry(Subscription& subscription) noexcept : subscription_(&subscription) {}
  QueueEntry(const QueueEntry&) = delete;
  QueueEntry& operator=(const QueueEntry&) = delete;
  Subscription& subscription() const noexcept { return *subscription_; }
  bool is_queued() const noexcept { return queued_; }
  const QueueEntry* next() const noexcept { return next_; }

 private:
  friend class SlotQueue;
  Subscription* subscription_;
  QueueEntry* previous_ = nullptr;
  QueueEntry* next_ = nullptr;
  bool queued_ = false;
};

// Entries whose slots are dirty, longest waiting first.
class SlotQueue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  QueueEntry* first() const noexcept { return first_; }
  void push_back(QueueEntry& entry) noexcept {
    entry.queued_ = true;
    entry.previous_ = last_;
    entry.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &entry;
    last_ = &entry;
  }
  // Does nothing if the entry is not queued.
  void erase(QueueEntry& entry) noexcept {
    if (!entry.queued_) return;
    entry.queued_ = false;
    (entry.previous_ != nullptr ? entry.previous_->next_ : first_) = entry.next_;
    (entry.next_ != nullptr ? entry.next_->previous_ : last_) = entry.previous_;
    entry.previous_ = entry.next_ = nullptr;
  }

 private:
  QueueEntry* first_ = nullptr;
  QueueEntry* last_ = nullptr;
};

// The deliveries that one session is to be sent. A composite is queued once, by its first slot. An `every` subscription
// is queued once, by an entry of its own; its dirty slots have a queue of their own (backlog.hpp).
class DeliveryQueue : public SlotQueue {
 public:
  std::size_t slots = 0;           // open slots of the session, dirty or not
  std::size_t out_of_credit = 0;   // `every` subscriptions that have something to be sent and no credit
  std::size_t kept_bytes = 0;      // unsent states that passed filters, of topics with newer states
  std::uint64_t building = 0;      // the number of the frame that is being built
  std::uint64_t acknowledged = 0;  // the client has the frames up to this number

  // The numbers by which the client knows slots: at most one more than all before, so that it can keep an array.
  std::uint32_t take_number() {
    if (free_numbers_.empty()) return ++numbers_;
    const std::uint32_t number = free_numbers_.back();
    free_numbers_.pop_back();
    return number;
  }
  void give_back_number(std::uint32_t number) { free_numbers_.push_back(number); }

 private:
  std::uint32_t numbers_ = 0;
  std::vector<std::uint32_t> free_numbers_;
};

class Slot : public QueueEntry {
 public:
  Slot(Subscription& subscription, TopicReaders& readers, std::uint16_t member) noexcept
      : QueueEntry(subscription), readers_(&readers), member_(member) {}

  TopicId topic() const noexcept { return readers_->topic; }
  std::uint16_t member() const noexcept { return member_; }
  bool is_started() const noexcept { return started_; }
  bool is_dirty() const noexcept { return dirty_; }
  std::uint64_t sent() const noexcept { return sent_; }
  std::uint32_t number() const noexcept { return number_; }  // 0: the client does not know it
  FilterState* filter_state() const noexcept { return filter_state_.get(); }

 private:
  friend class Subscription;

  TopicReaders* readers_;
  std::uint32_t place_in_readers_ = 0;
  std::uint32_t place_in_subscription_ = 0;
  std::uint32_t number_ = 0;
  std::unique_ptr<FilterState> filter_state_;  // for a filter or an interval
  std::uint64_t sent_ = 0;                     // number of the state that was sent last, or did not pass
  std::uint16_t member_;
  bool started_ = false;         // transitions are counted; before that the snapshot's state is sent
  bool dirty_ = false;           // the topic's committed state has not been sent
  bool in_snapshot_ = false;     // nothing was sent since the subscription was opened
  bool resumes_in_gap_ = false;  // nothing was sent, and the history has lost states that the reader may not have
};

}  // namespace hoiku::broker
