// slots.hpp: what a `latest` subscription costs: one slot for each topic that it reads, and that never more.
//
// A slot says "this reader has not been sent the newest state of that topic"; the state itself is looked up in the topic
// when a frame is cut, so a slow reader holds no values. The structs are plain and shared by two rooms: subscriptions.cpp
// opens slots and marks them dirty, outbox.cpp sends them and marks them clean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/types.hpp"

namespace hoiku::broker {

struct Subscription;

// One topic's readers.
struct Readers {
  TopicId topic{};
  std::uint32_t pins = 0;   // slots of plain names and composites: they keep the topic from being removed
  std::uint32_t dirty = 0;  // slots that are dirty: they keep it until they were sent
  std::vector<struct Slot*> slots;
};

struct Slot {
  Subscription* subscription = nullptr;
  Readers* readers = nullptr;
  Slot* previous = nullptr;  // in the session's SlotQueue
  Slot* next = nullptr;
  std::uint32_t place_in_readers = 0;
  std::uint32_t place_in_subscription = 0;
  std::uint16_t member = 0;
  bool dirty = false;        // its topic's newest state has not been sent
  bool queued = false;       // stands in the SlotQueue
  bool in_snapshot = false;  // has not been sent once since the subscription was opened
};

// The dirty slots of one session, longest waiting first. A composite stands in it once, by its first slot.
struct SlotQueue {
  Slot* first = nullptr;
  Slot* last = nullptr;
  std::size_t slots = 0;  // that the session has open, dirty or not

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

struct Subscription {
  SessionId owner{};
  std::uint64_t id = 0;  // the request that made it
  SlotQueue* queue = nullptr;
  SubscriptionKind kind = SubscriptionKind::plain;
  std::string pattern;                        // of a pattern
  std::optional<std::uint64_t> resume_after;  // the reader has everything up to this revision
  std::uint64_t opened_at = 0;                // the broker's revision then

  std::vector<std::unique_ptr<Slot>> slots;
  std::uint32_t dirty = 0;          // of its slots
  std::uint32_t snapshot_left = 0;  // slots that were not sent once
  std::size_t scanned_to = 0;       // the place in the topic table up to which topics were matched
  bool scanning = false;            // of a pattern: not all topics have been matched yet
  bool snapshot_ended = false;      // SnapshotEnd is on its way
  std::size_t place_in_pattern = 0;

  bool is_snapshot_complete() const noexcept { return !scanning && snapshot_left == 0; }
};

// The slot's reader has not seen the topic's newest state any more. True where the session had nothing to be sent before.
inline bool mark_dirty(Slot& slot) noexcept {
  Subscription& subscription = *slot.subscription;
  slot.dirty = true;
  ++slot.readers->dirty;
  ++subscription.dirty;
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
  slot.in_snapshot = true;
  ++slot.subscription->snapshot_left;
  return mark_dirty(slot);
}

// It has been sent. The caller takes it, or what stands for it, out of the queue.
inline void mark_clean(Slot& slot) noexcept {
  slot.dirty = false;
  --slot.readers->dirty;
  --slot.subscription->dirty;
  if (slot.in_snapshot) {
    slot.in_snapshot = false;
    --slot.subscription->snapshot_left;
  }
}

}  // namespace hoiku::broker
