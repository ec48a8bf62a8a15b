// subscription.hpp: one reader of a topic, a pattern or a composite: its options, its slots, and the counts of its
// topics' transitions.
//
// Promises   each transition since a slot has started is in exactly one of the reader's counts. The numbers of dirty
//            slots, here and at the topics, and the places in the queues change only with the slots, in the functions
//            of this class.
// Thread     the core's. Owner: OpenRequests of its session. Subscriptions knows it from open() to close().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/readers/backlog.hpp"
#include "broker/core/readers/reader_counts.hpp"
#include "broker/core/readers/scan_state.hpp"
#include "broker/core/readers/slot.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class Filter;

enum class SubscriptionKind : std::uint8_t { plain, pattern, composite };

using proto::Mode;

struct SubscriptionOptions {
  SessionId owner{};
  proto::RequestId id = 0;  // the request that opened it
  SubscriptionKind kind = SubscriptionKind::plain;
  Mode mode = Mode::latest;
  std::string pattern;                        // or the name of a topic that a scan attaches later
  std::optional<std::uint64_t> resume_after;  // the reader has everything up to this revision
  bool is_whole = true;                       // the snapshot mentions each topic that is set, also if it is unchanged
  std::uint64_t opened_at = 0;                // the broker's revision then
  Filter* filter = nullptr;                   // only states that pass are sent
  std::chrono::nanoseconds interval{0};       // at most one delivery per topic within this time
  std::uint64_t credit = 0;                   // transitions that an `every` reader is sent until it renews
  std::uint64_t unread = 0;                   // transitions of earlier sessions that count against the credit
};

// The position at which a reader starts with a topic.
struct StartPosition {
  bool in_snapshot = false;           // a state is sent first
  bool is_mentioned = false;          // the snapshot mentions the state `sent`, which the reader has
  std::optional<std::uint64_t> sent;  // the reader has the states up to this number
  std::uint64_t pending = 0;          // states after that one
  bool is_in_gap = false;            // the history has lost the state `sent`, and so perhaps some that the reader lacks
  State match;                       // the state that a filtered reader is sent first
  bool is_superseded = false;        // the topic has a newer state than `match`
  std::uint64_t filtered = 0;        // reported with the first delivery
  std::uint64_t filtered_after = 0;  // states after `match` that did not pass
  std::uint64_t count_baseline = 0;
};

// The states of a topic that a filtered `every` reader was not sent, up to the first that passes.
struct FilterScan {
  State passed;                // null: none, up to `through`
  std::uint64_t through = 0;   // no other state up to this number is to be sent
  std::uint64_t revision = 0;  // the revision of the state `through`, if it was tested
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;  // discarded, or cannot be tested any more
  std::size_t steps = 0;     // one per test, and more if a test reads messages
};

// A state that a reader is sent, and what is said of those before it: as in proto::Delivery.
struct Delivered {
  // Whether it needs no more than a place in a run.
  bool is_plain() const noexcept { return lagged == 0 && lost_before == 0 && filtered == 0 && count_baseline == 0; }

  Slot* slot = nullptr;
  State state;
  std::uint64_t lagged = 0;
  // All states before those that the reader counts, if it resumes where the history has lost some: told as lagged, and
  // not counted, since the reader may have had them.
  std::uint64_t lost_before = 0;
  std::uint64_t filtered = 0;
  std::uint64_t count_baseline = 0;
};

class Subscription {
 public:
  // The queue is the session's, and is kept by reference.
  Subscription(SubscriptionOptions options, DeliveryQueue& queue)
      : options_(std::move(options)), queue_(queue), backlog_(*this, queue, options_.credit, options_.unread) {}
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  const SubscriptionOptions& options() const noexcept { return options_; }
  const DeliveryQueue& queue() const noexcept { return queue_; }
  const std::vector<std::unique_ptr<Slot>>& slots() const noexcept { return slots_; }
  std::uint32_t dirty() const noexcept { return dirty_; }  // the number of dirty slots
  const ReaderCounts& counts() const noexcept { return counts_; }

  ScanState& scan() noexcept { return scan_; }
  const ScanState& scan() const noexcept { return scan_; }
  // The broker no longer knows which topics were removed: the snapshot becomes a whole one. A reader of each state, or
  // of those that pass a filter, still continues after the states that it has.
  void make_whole() noexcept {
    options_.is_whole = true;
    if (options_.mode == Mode::latest && options_.filter == nullptr) options_.resume_after.reset();
  }
  Backlog& backlog() noexcept { return backlog_; }  // of an `every` subscription

  // ---- Slots
  Slot& add_slot(TopicReaders& readers, std::uint16_t member);
  void start(Slot& slot, StartPosition position);
  // Takes the slot out of its topic and the queues. The caller then calls destroy_slot() or destroy_slots().
  void detach(Slot& slot) noexcept;
  void destroy_slot(Slot& slot) noexcept;
  // The client is told the slot's number with the next delivery.
  void give_number(Slot& slot) { slot.number_ = queue_.take_number(); }
  void destroy_slots() noexcept { slots_.clear(); }

  // ---- Transitions
  // Counts a transition of the slot's topic. True: it replaces a state that was not sent.
  bool count(const Slot& slot) noexcept;
  // Counts a transition that the filter does not let pass, or cannot test.
  void count_filtered(Slot& slot, const StateRecord& state) noexcept;
  void count_unfit(const Slot& slot) noexcept;
  // The filter lets the transition pass.
  void set_match(Slot& slot, const State& state) noexcept;
  // The topic has a newer state than the match, which the slot keeps.
  void keep_match(Slot& slot) noexcept;
  // The reader was not sent the topic's committed state. True if the session had nothing to be sent before.
  bool mark_dirty(Slot& slot) noexcept;
  // Marks the slot within its interval: the end of the interval calls enqueue().
  void mark_dirty_in_interval(Slot& slot) noexcept;
  bool enqueue(Slot& slot) noexcept;

  // ---- The snapshot
  // The slot is sent before the snapshot ends. True: as for mark_dirty().
  bool enter_snapshot(Slot& slot) noexcept;
  // As enter_snapshot(), for an `every` reader that has the topic's state: sends it once more if it is still the
  // committed one, and otherwise those after it.
  bool mention(Slot& slot) noexcept;
  bool is_snapshot_complete() const noexcept { return !scan_.is_running() && snapshot_left_ == 0; }
  // True once: the caller sends the end of the snapshot.
  bool end_snapshot() noexcept { return !std::exchange(snapshot_ended_, true); }

  // ---- Deliveries: a frame has room for the slot's next state.
  // The caller takes the slot's unit out of the queue.
  Delivered deliver_latest(Slot& slot, State state, TimePoint now);
  // Deliveries to `every` readers. `committed_number` is the number of the topic's committed state.
  Delivered deliver_next(Slot& slot, State next, std::uint64_t committed_number);
  Delivered deliver_first_match(Slot& slot, std::uint64_t committed_number);
  Delivered deliver_passed(Slot& slot, State passed);
  // Counts the states that a scan has passed over.
  void skip(Slot& slot, const FilterScan& scanned) noexcept;
  void settle(Slot& slot, std::uint64_t committed_number) noexcept;  // marks the slot clean if its last state was sent

 private:
  friend class PatternIndex;   // its place_in_pattern_
  friend class Subscriptions;  // its serial_

  void mark_clean(Slot& slot) noexcept;
  void leave_snapshot(Slot& slot) noexcept;
  void discard_match(Slot& slot) noexcept;
  void begin_or_count(Slot& slot);
  Delivered build(Slot& slot, State state, std::uint64_t lagged);

  SubscriptionOptions options_;
  DeliveryQueue& queue_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint32_t dirty_ = 0;
  std::uint32_t snapshot_left_ = 0;  // slots that were never sent
  bool snapshot_ended_ = false;
  ScanState scan_;
  ReaderCounts counts_;
  std::uint64_t serial_ = 0;  // numbers all subscriptions that were opened
  std::size_t place_in_pattern_ = 0;
  Backlog backlog_;  // only for `every`
};

}  // namespace hoiku::broker
