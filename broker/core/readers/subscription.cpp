#include "broker/core/readers/subscription.hpp"

#include "broker/core/swap_remove.hpp"

namespace hoiku::broker {

// ---- Slots

Slot& Subscription::add_slot(TopicReaders& readers, std::uint16_t member) {
  Slot& slot = *slots_.emplace_back(std::make_unique<Slot>(*this, readers, member));
  slot.place_in_subscription_ = static_cast<std::uint32_t>(slots_.size() - 1);
  slot.place_in_readers_ = static_cast<std::uint32_t>(readers.slots.size());
  readers.slots.push_back(&slot);
  if (options_.kind != SubscriptionKind::pattern) ++readers.pinned_by_name;
  ++queue_.slots;
  if (options_.filter != nullptr || options_.interval.count() > 0)
    slot.filter_state_ = std::make_unique<FilterState>(slot);
  return slot;
}

void Subscription::start(Slot& slot, StartPosition position) {
  if (options_.filter != nullptr) {
    FilterState& state = *slot.filter_state_;
    state.match = std::move(position.match);
    if (position.is_superseded) keep_match(slot);
    state.filtered = position.filtered;
    state.filtered_after = position.filtered_after;
    state.count_baseline = position.count_baseline;
  }
  if (position.in_snapshot) enter_snapshot(slot);
  if (!position.sent) return;
  slot.sent_ = *position.sent;
  slot.started_ = true;
  slot.resumes_in_gap_ = position.is_in_gap;
  counts_.add_pending(position.pending);
  if (position.is_mentioned) mention(slot);
}

void Subscription::detach(Slot& slot) noexcept {
  TopicReaders& readers = *slot.readers_;
  swap_remove<&Slot::place_in_readers_>(readers.slots, slot.place_in_readers_);
  if (options_.mode == Mode::every) {
    backlog_.remove(slot);
  } else {
    queue_.erase(slot);
  }
  if (slot.filter_state_) discard_match(slot);
  if (slot.dirty_) mark_clean(slot);
  if (options_.kind != SubscriptionKind::pattern) --readers.pinned_by_name;
  if (slot.number_ != 0) queue_.give_back_number(slot.number_);
  --queue_.slots;
}

void Subscription::destroy_slot(Slot& slot) noexcept {
  swap_remove<&Slot::place_in_subscription_>(slots_, slot.place_in_subscription_);
}

// ---- Transitions

bool Subscription::count(const Slot& slot) noexcept {
  const bool replaces = slot.dirty_ && options_.mode == Mode::latest;
  if (slot.started_) {
    if (replaces) {
      counts_.add_conflating();
    } else {
      counts_.add_pending();
    }
  }
  return replaces;
}

void Subscription::count_filtered(Slot& slot, const StateRecord& state) noexcept {
  if (slot.started_) counts_.add_filtered();
  FilterState& filter_state = *slot.filter_state_;
  ++(slot.dirty_ ? filter_state.filtered_after : filter_state.filtered);
  if (!slot.dirty_) slot.sent_ = state.version().number;
}

void Subscription::count_unfit(const Slot& slot) noexcept {
  if (slot.started_) counts_.add_filtered();
}

void Subscription::set_match(Slot& slot, const State& state) noexcept {
  FilterState& filter_state = *slot.filter_state_;
  // A new reader counts nothing before the first state that it is sent.
  const bool has_nothing_before = !slot.started_ && !options_.resume_after;
  filter_state.filtered = has_nothing_before ? 0 : filter_state.filtered + filter_state.filtered_after;
  filter_state.filtered_after = 0;
  discard_match(slot);
  if (options_.mode == Mode::latest || !slot.started_) filter_state.match = state;
}

void Subscription::keep_match(Slot& slot) noexcept {
  FilterState& filter_state = *slot.filter_state_;
  filter_state.kept_bytes = filter_state.match->bound();
  queue_.kept_bytes += filter_state.kept_bytes;
}

void Subscription::discard_match(Slot& slot) noexcept {
  FilterState& filter_state = *slot.filter_state_;
  queue_.kept_bytes -= std::exchange(filter_state.kept_bytes, 0);
  filter_state.match.reset();
}

bool Subscription::mark_dirty(Slot& slot) noexcept {
  mark_dirty_in_interval(slot);
  return options_.mode == Mode::every ? backlog_.add(slot) : enqueue(slot);
}

void Subscription::mark_dirty_in_interval(Slot& slot) noexcept {
  slot.dirty_ = true;
  ++slot.readers_->dirty;
  ++dirty_;
}

bool Subscription::enqueue(Slot& slot) noexcept {
  // All dirty members of a composite are sent together: its first slot is queued for them.
  Slot& unit = options_.kind == SubscriptionKind::composite ? *slots_.front() : slot;
  if (unit.is_queued()) return false;
  const bool woken = queue_.empty();
  queue_.push_back(unit);
  return woken;
}

void Subscription::mark_clean(Slot& slot) noexcept {
  slot.dirty_ = false;
  --slot.readers_->dirty;
  --dirty_;
  leave_snapshot(slot);
}

// ---- The snapshot

bool Subscription::enter_snapshot(Slot& slot) noexcept {
  if (slot.dirty_) return false;
  slot.started_ = false;
  slot.in_snapshot_ = true;
  ++snapshot_left_;
  return mark_dirty(slot);
}

bool Subscription::mention(Slot& slot) noexcept {
  if (slot.dirty_) return false;
  slot.in_snapshot_ = true;
  ++snapshot_left_;
  return mark_dirty(slot);
}

void Subscription::leave_snapshot(Slot& slot) noexcept {
  if (!std::exchange(slot.in_snapshot_, false)) return;
  --snapshot_left_;
}

// ---- Deliveries

Delivered Subscription::build(Slot& slot, State state, std::uint64_t lagged) {
  Delivered delivery{&slot, std::move(state), lagged};
  if (FilterState* filter_state = slot.filter_state_.get()) {
    delivery.filtered = std::exchange(filter_state->filtered, 0);
    delivery.count_baseline = std::exchange(filter_state->count_baseline, 0);
  }
  if (std::exchange(slot.resumes_in_gap_, false))
    delivery.lost_before = delivery.state->version().number - 1 - delivery.lagged - delivery.filtered;
  return delivery;
}

Delivered Subscription::deliver_latest(Slot& slot, State state, TimePoint now) {
  mark_clean(slot);
  Delivered delivery = build(slot, std::move(state), 0);
  if (slot.filter_state_) slot.filter_state_->not_before = now + options_.interval;
  begin_or_count(slot);
  return delivery;
}

// The snapshot's state begins the count. The next delivery reports the states after it that did not pass.
void Subscription::begin_or_count(Slot& slot) {
  if (FilterState* filter_state = slot.filter_state_.get()) {
    if (!slot.started_) counts_.add_filtered(filter_state->filtered_after);
    filter_state->filtered = std::exchange(filter_state->filtered_after, 0);
    discard_match(slot);
  }
  if (std::exchange(slot.started_, true)) counts_.send(queue_.building, queue_.acknowledged);
}

Delivered Subscription::deliver_next(Slot& slot, State next, std::uint64_t committed_number) {
  const bool continues = slot.started_ && committed_number > slot.sent_;
  const std::uint64_t lagged = continues ? next->version().number - slot.sent_ - 1 : 0;
  if (continues) {
    counts_.lag(lagged);
    counts_.send(queue_.building, queue_.acknowledged);
  }
  slot.started_ = true;
  slot.sent_ = next->version().number;
  backlog_.spend();
  settle(slot, committed_number);
  if (slot.dirty_ && next->revision() >= options_.opened_at) leave_snapshot(slot);
  return build(slot, std::move(next), lagged);
}

Delivered Subscription::deliver_first_match(Slot& slot, std::uint64_t committed_number) {
  State match = slot.filter_state_->match;
  slot.sent_ = committed_number;
  backlog_.spend();
  mark_clean(slot);
  Delivered delivery = build(slot, std::move(match), 0);
  begin_or_count(slot);
  return delivery;
}

void Subscription::skip(Slot& slot, const FilterScan& scanned) noexcept {
  counts_.filter(scanned.filtered);
  counts_.lag(scanned.lagged);
  slot.filter_state_->filtered += scanned.filtered;
  slot.filter_state_->lagged += scanned.lagged;
  slot.sent_ = scanned.through;
  if (scanned.revision >= options_.opened_at) leave_snapshot(slot);
}

Delivered Subscription::deliver_passed(Slot& slot, State passed) {
  counts_.send(queue_.building, queue_.acknowledged);
  backlog_.spend();
  slot.sent_ = passed->version().number;
  if (passed->revision() >= options_.opened_at) leave_snapshot(slot);
  return build(slot, std::move(passed), std::exchange(slot.filter_state_->lagged, 0));
}

void Subscription::settle(Slot& slot, std::uint64_t committed_number) noexcept {
  if (slot.sent_ == committed_number) mark_clean(slot);
}

}  // namespace hoiku::broker
