// delivery_builder.hpp: moves the dirty slots of one session into frames, and ends its snapshots.
//
// Promises   deliveries stay within the window of unacknowledged batches; a composite's dirty members are in one frame;
//            an `every` reader is sent a topic's states in order. A reader that was sent something queues behind
//            the others.
// Thread     the core's. Owner: Outbox.
// Limits     window_batches and unacknowledged_bytes_max; one batch is always allowed if none is outstanding. A frame
//            stays under frame_bytes_max by a quarter, unless one value alone is larger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "broker/core/outbox/frame_draft.hpp"
#include "broker/core/readers/subscription.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// The caller acts on this after a frame was built.
struct BuildReport {
  std::vector<TopicId> unset;         // topics whose unset state was sent: they may be unused now
  Subscription* too_large = nullptr;  // a composite that fits into no frame: the caller fails it
  std::uint64_t lagged = 0;           // states that were discarded before an `every` reader was sent them
  std::uint64_t filtered = 0;         // states that did not pass in a test here
  std::size_t steps = 0;              // scan steps of these tests
  bool is_interrupted = false;        // too many tests: the caller builds the rest later
};

class DeliveryBuilder {
 public:
  explicit DeliveryBuilder(const Limits& limits) : limits_(&limits) {}

  DeliveryQueue& queue() noexcept { return queue_; }
  void snapshot_ended(Subscription& subscription);  // all slots were sent: the end of the snapshot is due
  void remove(Subscription& subscription) noexcept;

  bool empty() const noexcept { return queue_.empty() && ends_.empty(); }
  // Every reader was sent everything that it is attached to.
  bool is_complete() const noexcept { return queue_.empty() && queue_.out_of_credit == 0 && ends_.empty(); }
  bool is_window_open() const noexcept;

  // Moves deliveries into the frame, as many as fit. False: the frame's answers left no room for the first delivery.
  [[nodiscard]] bool fill(FrameDraft& draft, StateSource& states, BuildReport& report);
  // Adds the ends of snapshots that are due. `revision` is the broker's.
  void fill_ends(FrameDraft& draft, std::uint64_t revision);
  // Sorts the deliveries by revision, and puts them into the frame: as runs, as far as the client knows their slots.
  void finish(FrameDraft& draft);
  void sent(const FrameCost& cost) noexcept;
  void acknowledged(const FrameCost& cost) noexcept;

 private:
  // False: there is no room for the next delivery.
  bool add_latest(FrameDraft& draft, Slot& first, StateSource& states, BuildReport& report);
  bool add_every(FrameDraft& draft, Subscription& subscription, StateSource& states, BuildReport& report);
  bool add_next(FrameDraft& draft, Slot& slot, StateSource& states, BuildReport& report);
  bool add_filtered(FrameDraft& draft, Slot& slot, StateSource& states, BuildReport& report);
  bool add_first_match(FrameDraft& draft, Slot& slot, StateSource& states);
  static void add(FrameDraft& draft, Delivered delivery, std::size_t bytes);
  bool has_room(const FrameDraft& draft, std::size_t bytes) const noexcept;

  const Limits* limits_;
  DeliveryQueue queue_;
  std::vector<Subscription*> ends_;            // subscriptions whose end of the snapshot is due
  std::size_t batches_ = 0;                    // unacknowledged
  std::size_t batch_bytes_ = 0;                // of unacknowledged batches
  std::vector<std::pair<Slot*, State>> unit_;  // kept for its memory
  std::vector<Delivered> finished_;            // empty; kept for its memory
};

}  // namespace hoiku::broker
