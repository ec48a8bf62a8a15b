// slots.hpp: what a subscription costs: one slot for each topic that it reads, and that never more.
//
// A slot says "this reader has not been sent the newest state of that topic", and, of an `every` subscription, up to which
// number it has; the states themselves are looked up in the topic and its history when a frame is cut, so a slow reader holds
// no values, but for a filtered one: the newest state that passed. The structs are plain and shared by two rooms:
// subscriptions.cpp opens slots and marks them dirty, outbox.cpp sends them and marks them clean.
//
// Promise 6: of the transitions since a slot has started, each is in one of the subscription's counts, and only in that.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/timers.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class Filter;
struct Slot;
struct Subscription;

// One topic's readers.
struct Readers {
  TopicId topic{};
  std::uint32_t pins = 0;   // slots of plain names and composites: they keep the topic from being removed
  std::uint32_t dirty = 0;  // slots that are dirty: they keep it until they were sent
  std::vector<Slot*> slots;
};

// What is kept beside a slot for a reader with a filter or an interval. Its timer ends the interval.
struct Selection : Timer {
  explicit Selection(Slot& of) : slot(of) {}

  Slot& slot;
  State match;                       // of a filter: what is to be sent; null: nothing, or (`every`) it is looked up
  std::size_t kept_bytes = 0;        // of `match`, where the topic has left it behind
  std::uint64_t filtered = 0;        // that did not pass before it, since the delivery before
  std::uint64_t filtered_after = 0;  // behind it
  std::uint64_t lagged = 0;          // of `every`, since the delivery before
  std::uint64_t counted_from = 0;    // to be told with the next delivery; 0: nothing
  TimePoint rests_until{};           // no delivery before that
};

struct Slot {
  Subscription* subscription = nullptr;
  Readers* readers = nullptr;
  Slot* previous = nullptr;  // in the session's SlotQueue
  Slot* next = nullptr;
  std::uint32_t place_in_readers = 0;
  std::uint32_t place_in_subscription = 0;
  std::unique_ptr<Selection> selection;  // of a reader with a filter or an interval
  std::uint64_t sent = 0;                // of `every`: the number of the state that was sent last, or did not pass
  std::uint16_t member = 0;
  bool started = false;      // what happens counts; otherwise the snapshot's state comes first
  bool dirty = false;        // its topic's newest state has not been sent
  bool queued = false;       // stands in the SlotQueue
  bool in_snapshot = false;  // has not been sent once since the subscription was opened
};

// Dirty slots, longest waiting first. In a session's queue a composite stands once, by its first slot, and an `every`
// subscription once, by its turn: its dirty slots have a queue of their own.
struct SlotQueue {
  Slot* first = nullptr;
  Slot* last = nullptr;
  std::size_t slots = 0;     // that the session has open, dirty or not
  std::size_t starving = 0;  // `every` subscriptions that have something to be sent and no credit
  std::size_t kept_bytes =
      0;  // of states that passed filters, were not sent, and are not what their topics are any more

  bool empty() const noexcept { return first == nullptr; }
  void push_back(Slot& slot) noexcept {
    slot.queued = true;
    slot.previous = last;
    slot.next = nullptr;
    (last != nullptr ? last->next : first) = &slot;
    last = &slot;
  }
  void erase(Slot& slot) noexcept {
    if (!slot.queued) return;
    slot.queued = false;
    (slot.previous != nullptr ? slot.previous->next : first) = slot.next;
    (slot.next != nullptr ? slot.next->previous : last) = slot.previous;
    slot.previous = slot.next = nullptr;
  }
};

enum class SubscriptionKind : std::uint8_t { plain, pattern, composite };

using proto::Mode;

// What has become of the transitions of a reader's topics, since each slot has started:
// written == delivered + conflated + filtered + lagged + pending.
struct ReaderCounts {
  std::uint64_t written = 0;
  std::uint64_t delivered = 0;
  std::uint64_t conflated = 0;
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;
  std::uint64_t pending = 0;
};

struct Subscription {
  SessionId owner{};
  std::uint64_t id = 0;  // the request that made it
  SlotQueue* queue = nullptr;
  SubscriptionKind kind = SubscriptionKind::plain;
  Mode mode = Mode::latest;
  std::string pattern;                        // of a pattern; or the name of a topic that is still to be met
  std::optional<std::uint64_t> resume_after;  // the reader has everything up to this revision
  std::uint64_t opened_at = 0;                // the broker's revision then
  Filter* filter = nullptr;                   // only what passes is sent
  std::chrono::nanoseconds interval{0};       // of each topic at most one delivery in so long a time
  std::uint64_t serial = 0;                   // of all subscriptions that were opened
  ReaderCounts counts;

  std::vector<std::unique_ptr<Slot>> slots;
  std::uint32_t dirty = 0;          // of its slots
  std::uint32_t snapshot_left = 0;  // slots that were not sent once
  std::size_t scanned_to = 0;       // the place in the topic table up to which topics were matched
  bool scanning = false;            // not all of its topics have been met yet
  // While a pattern that goes on from a revision scans: its topics that its reader was told are unset, as of which revision.
  std::unordered_map<std::string, std::uint64_t> told_unset;
  bool snapshot_ended = false;  // SnapshotEnd is on its way
  std::size_t place_in_pattern = 0;

  // Of `every`.
  SlotQueue backlog;         // its dirty slots
  Slot turn;                 // stands for it in the session's queue while it may be sent something
  std::uint64_t credit = 0;  // transitions that it may still be sent
  std::uint64_t taken = 0;   // that its reader has said it has taken
  bool is_starving = false;  // counted in queue->starving

  bool is_snapshot_complete() const noexcept { return !scanning && snapshot_left == 0; }
  bool was_told(const Transition& unset) const {
    const auto told = told_unset.find(unset.topic);
    return told != told_unset.end() && told->second >= unset.revision;
  }
};

// Puts an `every` subscription with a backlog where it belongs. True where the session had nothing to be sent before.
inline bool queue_turn(Subscription& subscription) noexcept {
  const bool is_starving = !subscription.backlog.empty() && subscription.credit == 0;
  if (is_starving != subscription.is_starving) {
    subscription.is_starving = is_starving;
    subscription.queue->starving += is_starving ? 1 : std::size_t(-1);
  }
  if (is_starving || subscription.backlog.empty() || subscription.turn.queued) return false;
  const bool woken = subscription.queue->empty();
  subscription.queue->push_back(subscription.turn);
  return woken;
}

// The slot's reader has not seen the topic's newest state any more. True where the session had nothing to be sent before.
inline bool mark_dirty(Slot& slot) noexcept {
  Subscription& subscription = *slot.subscription;
  slot.dirty = true;
  ++slot.readers->dirty;
  ++subscription.dirty;
  if (subscription.mode == Mode::every) {
    subscription.backlog.push_back(slot);
    return queue_turn(subscription);
  }
  // A composite's members travel together, so the first of them stands in the queue for all.
  Slot& unit = subscription.kind == SubscriptionKind::composite ? *subscription.slots.front() : slot;
  if (unit.queued) return false;
  const bool woken = subscription.queue->empty();
  subscription.queue->push_back(unit);
  return woken;
}

// It is to be sent before the snapshot ends. True as for mark_dirty().
inline bool add_to_snapshot(Slot& slot) noexcept {
  if (slot.dirty) return false;
  slot.started = false;
  slot.in_snapshot = true;
  ++slot.subscription->snapshot_left;
  return mark_dirty(slot);
}

// What the snapshot owes of this topic has been sent.
inline void leave_snapshot(Slot& slot) noexcept {
  if (!slot.in_snapshot) return;
  slot.in_snapshot = false;
  --slot.subscription->snapshot_left;
}

// The state that it kept for its reader is sent, or replaced.
inline void forget_match(Slot& slot) noexcept {
  Selection& selection = *slot.selection;
  slot.subscription->queue->kept_bytes -= std::exchange(selection.kept_bytes, 0);
  selection.match.reset();
}

// It has been sent. The caller takes it, or what stands for it, out of the queue.
inline void mark_clean(Slot& slot) noexcept {
  slot.dirty = false;
  --slot.readers->dirty;
  --slot.subscription->dirty;
  leave_snapshot(slot);
}

}  // namespace hoiku::broker
