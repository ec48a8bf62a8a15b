#include "broker/core/outbox/delivery_builder.hpp"

#include <algorithm>

namespace hoiku::broker {
namespace {

constexpr int states_per_turn = 64;
constexpr std::size_t finished_max = 512;  // deliveries whose memory a quiet session keeps
// The frame does not bound the states that a filter does not let pass.
constexpr std::size_t steps_per_frame = 4096;

// The writer of a run may be named once more by its first change.
std::size_t bytes_of(const StateRecord& state) {
  return state.bound() + state.writer().size() + proto::delivery_overhead_bytes;
}

proto::Delivery named(const Delivered& delivered, std::uint32_t slot) {
  proto::Delivery delivery;
  delivery.subscription = delivered.slot->subscription().options().id;
  delivery.member = delivered.slot->member();
  delivery.transition = delivered.state->transition();
  delivery.lagged = delivered.lagged + delivered.lost_before;
  delivery.filtered = delivered.filtered;
  delivery.count_baseline = delivered.count_baseline;
  delivery.slot = slot;
  return delivery;
}

// Whether a run may have the name.
bool is_short(const std::string& name) noexcept { return name.size() <= proto::run_name_bytes_max; }

// Whether the state continues the run.
bool continues(const proto::Run& run, const Slot& slot, const StateRecord& state) noexcept {
  return run.slot == slot.number() && run.number + run.count == state.version().number;
}

void add_to_run(proto::ServerFrame& frame, const Slot& slot, const StateRecord& state, bool is_new) {
  if (is_new) {
    proto::Run& run = frame.runs.emplace_back();
    run.place = frame.deliveries.size();
    run.slot = slot.number();
    run.number = state.version().number;
    run.revision = state.revision();
    run.changed_at = state.changed_at();
    run.writer = state.writer();
  }
  proto::Run& run = frame.runs.back();
  ++run.count;
  run.changes += state.change();
}

}  // namespace

void DeliveryBuilder::snapshot_ended(Subscription& subscription) {
  if (subscription.end_snapshot()) ends_.push_back(&subscription);
}

void DeliveryBuilder::remove(Subscription& subscription) noexcept { std::erase(ends_, &subscription); }

bool DeliveryBuilder::is_window_open() const noexcept {
  return batches_ == 0 || (batches_ < limits_->window_batches && batch_bytes_ < limits_->unacknowledged_bytes_max);
}

void DeliveryBuilder::sent(const FrameCost& cost) noexcept {
  batches_ += cost.is_batch ? 1 : 0;
  batch_bytes_ += cost.batch_bytes;
}

void DeliveryBuilder::acknowledged(const FrameCost& cost) noexcept {
  batches_ -= cost.is_batch ? 1 : 0;
  batch_bytes_ -= cost.batch_bytes;
}

bool DeliveryBuilder::has_room(const FrameDraft& draft, std::size_t bytes) const noexcept {
  const bool none_outstanding = batches_ == 0 && draft.deliveries.empty();
  if (!none_outstanding && batch_bytes_ + draft.cost.batch_bytes + bytes > limits_->unacknowledged_bytes_max)
    return false;
  return draft.has_no_values() || draft.bytes + bytes <= frame_budget(*limits_);
}

// The caller has checked has_room().
void DeliveryBuilder::add(FrameDraft& draft, Delivered delivery, std::size_t bytes) {
  draft.bytes += bytes;
  draft.cost.batch_bytes += bytes;
  draft.deliveries.push_back(std::move(delivery));
}

bool DeliveryBuilder::fill(FrameDraft& draft, StateSource& states, BuildReport& report) {
  draft.deliveries = std::move(finished_);
  bool fits = true;
  while (QueueEntry* first = queue_.first()) {
    if (report.steps >= steps_per_frame) {
      report.is_interrupted = true;
      break;
    }
    Subscription& subscription = first->subscription();
    fits = subscription.options().mode == Mode::every ? add_every(draft, subscription, states, report)
                                                      : add_latest(draft, static_cast<Slot&>(*first), states, report);
    if (subscription.is_snapshot_complete()) snapshot_ended(subscription);
    if (!fits) break;
  }
  unit_.clear();
  return fits || !draft.deliveries.empty() || draft.frame.answers.empty() || report.too_large != nullptr;
}

void DeliveryBuilder::finish(FrameDraft& draft) {
  const auto earlier = [](const Delivered& a, const Delivered& b) { return a.state->revision() < b.state->revision(); };
  std::vector<Delivered>& deliveries = draft.deliveries;
  if (!std::is_sorted(deliveries.begin(), deliveries.end(), earlier))
    std::stable_sort(deliveries.begin(), deliveries.end(), earlier);
  bool is_in_run = false;
  for (const Delivered& delivered : deliveries) {
    Slot& slot = *delivered.slot;
    proto::ServerFrame& frame = draft.frame;
    if (slot.number() != 0 && delivered.is_plain() && is_short(delivered.state->writer())) {
      is_in_run = is_in_run && continues(frame.runs.back(), slot, *delivered.state);
      add_to_run(frame, slot, *delivered.state, !is_in_run);
      is_in_run = true;
      continue;
    }
    is_in_run = false;
    // The version of a topic that was never set has no epoch: the changes of a run could not be of it.
    const StateRecord& state = *delivered.state;
    const bool is_new = slot.number() == 0 && state.version().number != 0 && is_short(state.topic());
    if (is_new) slot.subscription().give_number(slot);
    frame.deliveries.push_back(named(delivered, is_new ? slot.number() : 0));
  }
  deliveries.clear();
  if (deliveries.capacity() <= finished_max) finished_ = std::move(deliveries);
}

// Adds one topic's committed state (or the last one that passed a filter), or all dirty members of a composite.
bool DeliveryBuilder::add_latest(FrameDraft& draft, Slot& first, StateSource& states, BuildReport& report) {
  unit_.clear();
  std::size_t bytes = 0;
  const auto add_to_unit = [&](Slot& slot) {
    const bool is_chosen = slot.filter_state() != nullptr && slot.filter_state()->match;
    unit_.emplace_back(&slot, is_chosen ? slot.filter_state()->match : states.committed(slot.topic()));
    bytes += bytes_of(*unit_.back().second);
  };
  Subscription& subscription = first.subscription();
  if (subscription.options().kind == SubscriptionKind::composite) {
    for (const auto& slot : subscription.slots()) {
      if (slot->is_dirty()) add_to_unit(*slot);
    }
    if (bytes + proto::frame_overhead_bytes > limits_->frame_bytes_max) {
      report.too_large = &subscription;
      return false;
    }
  } else {
    add_to_unit(first);
  }
  if (!has_room(draft, bytes)) return false;
  queue_.erase(first);
  for (auto& [slot, state] : unit_) {
    // The topic may have become unset after the state that passed a filter; the reader is not sent that.
    const bool is_unset = (slot->filter_state() != nullptr ? states.committed(slot->topic()) : state)->is_unset();
    if (is_unset) report.unset.push_back(slot->topic());
    const std::size_t state_bytes = bytes_of(*state);
    add(draft, subscription.deliver_latest(*slot, std::move(state), states.time()), state_bytes);
  }
  return true;
}

// Adds one topic's next states, as many as a turn may take.
bool DeliveryBuilder::add_every(FrameDraft& draft, Subscription& subscription, StateSource& states,
                                BuildReport& report) {
  Slot& slot = subscription.backlog().next();
  const std::size_t others = draft.deliveries.size();
  const bool fits = subscription.options().filter == nullptr ? add_next(draft, slot, states, report)
                                                             : add_filtered(draft, slot, states, report);
  // The slot stays at the front until the window has room for it. Otherwise smaller deliveries could overtake it until
  // its history is discarded.
  if (!fits && draft.deliveries.size() == others) return false;
  subscription.backlog().yield(slot);
  return fits;
}

bool DeliveryBuilder::add_next(FrameDraft& draft, Slot& slot, StateSource& states, BuildReport& report) {
  Subscription& subscription = slot.subscription();
  const TopicId topic = slot.topic();
  const State committed = states.committed(topic);
  const std::uint64_t newest = committed->version().number;
  std::span<const State> past;
  if (slot.is_started() && newest > slot.sent()) past = states.past_after(topic, slot.sent());
  for (int left = states_per_turn; slot.is_dirty() && subscription.backlog().has_credit() && left > 0; --left) {
    const State& next = past.empty() ? committed : past.front();
    if (!past.empty()) past = past.subspan(1);
    const std::size_t bytes = bytes_of(*next);
    if (!has_room(draft, bytes)) return false;
    if (next->is_unset()) report.unset.push_back(topic);
    Delivered delivery = subscription.deliver_next(slot, next, newest);
    report.lagged += delivery.lagged;
    add(draft, std::move(delivery), bytes);
  }
  return true;
}

// Adds one topic's next states for a reader with a filter. A state that does not pass costs steps but no credit.
bool DeliveryBuilder::add_filtered(FrameDraft& draft, Slot& slot, StateSource& states, BuildReport& report) {
  Subscription& subscription = slot.subscription();
  const TopicId topic = slot.topic();
  bool fits = slot.is_started() || add_first_match(draft, slot, states);
  std::size_t left = states_per_turn;
  while (slot.is_dirty() && slot.is_started() && subscription.backlog().has_credit() && left > 0) {
    FilterScan next = states.find_next_match(slot, left);
    left -= std::min(left, std::max<std::size_t>(next.steps, 1));
    report.steps += next.steps;
    report.lagged += next.lagged;
    report.filtered += next.filtered;
    subscription.skip(slot, next);
    if (next.passed) {
      const std::size_t bytes = bytes_of(*next.passed);
      fits = has_room(draft, bytes);
      if (!fits) break;
      add(draft, subscription.deliver_passed(slot, std::move(next.passed)), bytes);
    }
    subscription.settle(slot, states.committed(topic)->version().number);
  }
  if (!slot.is_dirty() && states.committed(topic)->is_unset()) report.unset.push_back(topic);
  return fits;
}

// Adds the state of a topic in the snapshot of a filtered `every` reader. Later states did not pass.
bool DeliveryBuilder::add_first_match(FrameDraft& draft, Slot& slot, StateSource& states) {
  const std::size_t bytes = bytes_of(*slot.filter_state()->match);
  if (!has_room(draft, bytes)) return false;
  add(draft, slot.subscription().deliver_first_match(slot, states.committed(slot.topic())->version().number), bytes);
  return true;
}

void DeliveryBuilder::fill_ends(FrameDraft& draft, std::uint64_t revision) {
  auto next = ends_.begin();
  for (; next != ends_.end(); ++next) {
    const bool is_first = draft.has_no_values() && draft.frame.snapshot_ends.empty();
    if (!is_first && draft.bytes + proto::snapshot_end_bytes > frame_budget(*limits_)) break;
    draft.bytes += proto::snapshot_end_bytes;
    // If a topic changed after its part of the snapshot was sent, the reader does not have the committed revision, but
    // it has the one of the opening.
    const SubscriptionOptions& reader = (*next)->options();
    const std::uint64_t through = (*next)->dirty() == 0 ? revision : reader.opened_at;
    const bool is_whole = reader.is_whole && reader.filter == nullptr;
    draft.frame.snapshot_ends.push_back(proto::SnapshotEnd{reader.id, through, is_whole});
  }
  ends_.erase(ends_.begin(), next);
}

}  // namespace hoiku::broker
