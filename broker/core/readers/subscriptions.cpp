#include "broker/core/readers/subscriptions.hpp"
#include "hoiku/proto/size.hpp"

#include <utility>

namespace hoiku::broker {

void Subscriptions::open(Subscription& subscription) {
  subscription.serial = ++opened_;
  by_serial_.emplace_hint(by_serial_.end(), subscription.serial, &subscription);
  if (subscription.kind == SubscriptionKind::pattern) patterns_.add(subscription);
}

bool Subscriptions::attach(Subscription& subscription, TopicId topic, std::uint16_t member, Opening opening) {
  if (subscription.queue->slots >= limits_->slots_per_session_max) return false;
  Readers& readers = readers_.find_or_create(topic);
  readers.topic = topic;
  auto slot = std::make_unique<Slot>();
  slot->subscription = &subscription;
  slot->readers = &readers;
  slot->member = member;
  slot->place_in_readers = static_cast<std::uint32_t>(readers.slots.size());
  slot->place_in_subscription = static_cast<std::uint32_t>(subscription.slots.size());
  readers.slots.push_back(slot.get());
  if (subscription.kind != SubscriptionKind::pattern) ++readers.pins;
  ++subscription.queue->slots;
  subscription.slots.push_back(std::move(slot));
  Slot& attached = *subscription.slots.back();
  if (subscription.filter != nullptr || subscription.interval.count() > 0) {
    attached.selection = std::make_unique<Selection>(attached);
  }
  if (subscription.filter != nullptr) {
    Selection& selection = *attached.selection;
    if (opening.is_over)
      subscription.queue->kept_bytes += selection.kept_bytes = proto::size_of(*opening.match).bound();
    selection.match = std::move(opening.match);
    selection.filtered = opening.filtered;
    selection.filtered_after = opening.filtered_after;
    selection.counted_from = opening.counted_from;
  }
  if (opening.in_snapshot) add_to_snapshot(attached);
  if (opening.sent) {
    attached.sent = *opening.sent;
    attached.started = true;
    subscription.counts.written += opening.behind;
    subscription.counts.pending += opening.behind;
  }
  return true;
}

void Subscriptions::leave_readers(Slot& slot) noexcept {
  Readers& readers = *slot.readers;
  Slot* last = readers.slots.back();
  readers.slots[slot.place_in_readers] = last;
  last->place_in_readers = slot.place_in_readers;
  readers.slots.pop_back();
  if (slot.selection) {
    timers_.cancel(*slot.selection);
    forget_match(slot);
  }
  if (slot.dirty) mark_clean(slot);
  if (slot.subscription->kind != SubscriptionKind::pattern) --readers.pins;
  --slot.subscription->queue->slots;
  if (readers.slots.empty()) readers_.erase(readers.topic);
}

void Subscriptions::close(Subscription& subscription, std::vector<TopicId>& released) {
  for (const auto& slot : subscription.slots) {
    released.push_back(slot->readers->topic);
    (subscription.mode == Mode::every ? subscription.backlog : *subscription.queue).erase(*slot);
    leave_readers(*slot);
  }
  subscription.slots.clear();
  subscription.queue->erase(subscription.turn);
  queue_turn(subscription);  // without a backlog it does not starve
  if (subscription.kind == SubscriptionKind::pattern) patterns_.remove(subscription);
  if (subscription.filter != nullptr) filters_.release(*std::exchange(subscription.filter, nullptr));
  by_serial_.erase(subscription.serial);
}

void Subscriptions::topic_created(TopicId topic, std::string_view name, std::uint64_t number,
                                  std::vector<Subscription*>& overfull) {
  matched_.clear();
  patterns_.match(name, matched_);
  for (Subscription* subscription : matched_) {
    // Where the scan has not been yet, it will come by.
    if (subscription->scanning && static_cast<std::size_t>(topic) >= subscription->scanned_to) continue;
    // Who reads on, or has come back, was complete up to there, unless topic_restored() says something else in a moment.
    if (!attach(*subscription, topic, 0, {false, number, 0, nullptr, false, 0, 0, number}))
      overfull.push_back(subscription);
  }
}

void Subscriptions::topic_restored(TopicId topic, const State& state, std::vector<SessionId>& woken) {
  const Readers* readers = readers_.find(topic);
  if (readers == nullptr) return;
  for (Slot* slot : readers->slots) {
    Subscription& subscription = *slot->subscription;
    if (!subscription.scanning || !subscription.resume_after) continue;
    if (state->revision <= *subscription.resume_after || subscription.was_told(*state)) continue;
    if (slot->selection) slot->selection->counted_from = 0;
    if (put_in_snapshot(*slot, topic, state)) woken.push_back(subscription.owner);
  }
}

void Subscriptions::send_in_snapshot(Subscription& subscription, TopicId topic, const State& state) {
  const Readers* readers = readers_.find(topic);
  if (readers == nullptr) return;
  for (Slot* slot : readers->slots) {
    if (slot->subscription == &subscription) put_in_snapshot(*slot, topic, state);
  }
}

// The topic is not set, and of what it was before nothing is left.
bool Subscriptions::put_in_snapshot(Slot& slot, TopicId topic, const State& state) {
  if (Filter* filter = slot.subscription->filter) {
    if (slot.dirty || filter->uses_old_value() || !filter->passes(topic, *state, Value())) return false;
    slot.selection->match = state;
  }
  return add_to_snapshot(slot);
}

void Subscriptions::send_again(Slot& slot, TimePoint now) {
  // A filtered reader is never told a whole snapshot, and who rests has been told a moment ago.
  if (slot.subscription->filter != nullptr) return;
  if (slot.selection && slot.selection->rests_until > now) return;
  add_to_snapshot(slot);
}

void Subscriptions::changed(const Changed& change, std::vector<SessionId>& woken, std::vector<Broken>& broken) {
  const Readers* readers = readers_.find(change.topic);
  if (readers == nullptr) return;
  for (Slot* slot : readers->slots) {
    if (slot->selection) {
      select(*slot, change, woken, broken);
      continue;
    }
    Subscription& subscription = *slot->subscription;
    ReaderCounts& counts = subscription.counts;
    if (slot->started) ++counts.written;
    if (!slot->dirty) {
      if (slot->started) ++counts.pending;
      if (mark_dirty(*slot)) woken.push_back(subscription.owner);
    } else if (subscription.mode == Mode::latest) {
      ++conflated_;
      if (slot->started) ++counts.conflated;
    } else if (slot->started) {
      ++counts.pending;
    }
  }
}

// The same for a reader with a filter or an interval.
void Subscriptions::select(Slot& slot, const Changed& change, std::vector<SessionId>& woken,
                           std::vector<Broken>& broken) {
  static const Value nothing;
  Selection& selection = *slot.selection;
  Subscription& subscription = *slot.subscription;
  ReaderCounts& counts = subscription.counts;
  if (slot.started) ++counts.written;
  if (slot.started && slot.dirty && subscription.mode == Mode::every) {
    ++counts.pending;  // whether it passes is seen when its turn comes
    return;
  }
  if (subscription.filter != nullptr) {
    if (subscription.kind == SubscriptionKind::plain && !change.state->value.is_null()) {
      // What its topic holds may be known only now.
      if (auto fits = subscription.filter->fits(change.state->value, change.state->topic); !fits) {
        broken.push_back({subscription.owner, subscription.id, fits.failure()});
        if (slot.started) ++counts.filtered;
        return;
      }
    }
    if (!subscription.filter->passes(change.topic, *change.state, change.before ? change.before->value : nothing)) {
      if (slot.started) {
        ++counts.filtered;
        ++filtered_;
      }
      ++(slot.dirty ? selection.filtered_after : selection.filtered);
      if (!slot.dirty) slot.sent = change.state->version.number;
      if (slot.dirty && selection.match == change.before) keep_match(slot, broken);
      return;
    }
    // What a reader that begins is sent first has nothing before it.
    const bool has_nothing_before = !slot.started && !subscription.resume_after;
    selection.filtered = has_nothing_before ? 0 : selection.filtered + selection.filtered_after;
    selection.filtered_after = 0;
    forget_match(slot);
    if (subscription.mode == Mode::latest || !slot.started) selection.match = change.state;
  }
  if (slot.dirty) {
    if (subscription.mode == Mode::latest) ++conflated_;
    if (slot.started) ++counts.conflated;
    return;
  }
  if (slot.started) ++counts.pending;
  if (soil(slot, change.now)) woken.push_back(subscription.owner);
}

Failure keeps_too_much(const Limits& limits) {
  return {ErrorCode::limit_exceeded, "what passed the filters of this session's readers takes more than " +
                                         std::to_string(limits.answer_bytes_max) +
                                         " bytes and is not sent yet: receive it faster"};
}

// Its topic goes on, and the reader is still to be sent the state that passed.
void Subscriptions::keep_match(Slot& slot, std::vector<Broken>& broken) {
  SlotQueue& queue = *slot.subscription->queue;
  slot.selection->kept_bytes = proto::size_of(*slot.selection->match).bound();
  queue.kept_bytes += slot.selection->kept_bytes;
  if (queue.kept_bytes <= limits_->answer_bytes_max) return;
  broken.push_back({slot.subscription->owner, slot.subscription->id, keeps_too_much(*limits_)});
}

// mark_dirty(), but within its interval a slot waits outside the queue.
bool Subscriptions::soil(Slot& slot, TimePoint now) {
  if (slot.selection->rests_until <= now) return mark_dirty(slot);
  slot.dirty = true;
  ++slot.readers->dirty;
  ++slot.subscription->dirty;
  timers_.schedule(*slot.selection, slot.selection->rests_until);
  return false;
}

void Subscriptions::take_due(TimePoint now, std::vector<SessionId>& woken) {
  while (Timer* timer = timers_.take_due(now)) {
    Slot& slot = static_cast<Selection&>(*timer).slot;
    Subscription& subscription = *slot.subscription;
    if (subscription.queue->empty()) woken.push_back(subscription.owner);
    subscription.queue->push_back(slot);
  }
}

bool Subscriptions::keeps(TopicId topic) const noexcept {
  const Readers* readers = readers_.find(topic);
  return readers != nullptr && (readers->pins > 0 || readers->dirty > 0);
}

std::size_t Subscriptions::readers(TopicId topic) const noexcept {
  const Readers* readers = readers_.find(topic);
  return readers == nullptr ? 0 : readers->slots.size();
}

void Subscriptions::topic_removed(TopicId topic) {
  while (const Readers* readers = readers_.find(topic)) {
    Slot& slot = *readers->slots.back();
    Subscription& subscription = *slot.subscription;
    const std::size_t place = slot.place_in_subscription;
    leave_readers(slot);
    std::swap(subscription.slots[place], subscription.slots.back());
    subscription.slots[place]->place_in_subscription = static_cast<std::uint32_t>(place);
    subscription.slots.pop_back();
  }
}

}  // namespace hoiku::broker
