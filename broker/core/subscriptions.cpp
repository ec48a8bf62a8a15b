#include "broker/core/subscriptions.hpp"

#include <utility>

namespace hoiku::broker {

void Subscriptions::open(Subscription& subscription) {
  ++size_;
  if (subscription.kind == SubscriptionKind::pattern) patterns_.add(subscription);
}

bool Subscriptions::attach(Subscription& subscription, TopicId topic, std::uint16_t member, bool in_snapshot,
                           std::optional<std::uint64_t> sent) {
  if (subscription.queue->slots >= slots_per_session_max_) return false;
  if (index_of(topic) >= readers_.size()) readers_.resize(index_of(topic) + 1);
  std::unique_ptr<Readers>& readers = readers_[index_of(topic)];
  if (!readers) {
    readers = std::make_unique<Readers>();
    readers->topic = topic;
  }
  auto slot = std::make_unique<Slot>();
  slot->subscription = &subscription;
  slot->readers = readers.get();
  slot->member = member;
  slot->place_in_readers = static_cast<std::uint32_t>(readers->slots.size());
  slot->place_in_subscription = static_cast<std::uint32_t>(subscription.slots.size());
  readers->slots.push_back(slot.get());
  if (subscription.kind != SubscriptionKind::pattern) ++readers->pins;
  ++subscription.queue->slots;
  subscription.slots.push_back(std::move(slot));
  Slot& attached = *subscription.slots.back();
  if (in_snapshot) add_to_snapshot(attached);
  if (sent) {
    attached.sent = *sent;
    attached.started = true;
  }
  return true;
}

void Subscriptions::leave_readers(Slot& slot) noexcept {
  Readers& readers = *slot.readers;
  Slot* last = readers.slots.back();
  readers.slots[slot.place_in_readers] = last;
  last->place_in_readers = slot.place_in_readers;
  readers.slots.pop_back();
  if (slot.dirty) mark_clean(slot);
  if (slot.subscription->kind != SubscriptionKind::pattern) --readers.pins;
  --slot.subscription->queue->slots;
  if (readers.slots.empty()) readers_[index_of(readers.topic)].reset();
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
  --size_;
}

void Subscriptions::topic_created(TopicId topic, std::string_view name, std::uint64_t number,
                                  std::vector<Subscription*>& overfull) {
  matched_.clear();
  patterns_.match(name, matched_);
  for (Subscription* subscription : matched_) {
    // Where the scan has not been yet, it will come by.
    if (subscription->scanning && index_of(topic) >= subscription->scanned_to) continue;
    if (!attach(*subscription, topic, 0, false, number)) overfull.push_back(subscription);
  }
}

void Subscriptions::topic_restored(TopicId topic, std::uint64_t revision, std::vector<SessionId>& woken) {
  if (index_of(topic) >= readers_.size() || !readers_[index_of(topic)]) return;
  for (Slot* slot : readers_[index_of(topic)]->slots) {
    Subscription& subscription = *slot->subscription;
    if (!subscription.scanning || !subscription.resume_after) continue;
    if (revision <= *subscription.resume_after) continue;
    if (add_to_snapshot(*slot)) woken.push_back(subscription.owner);
  }
}

void Subscriptions::send_in_snapshot(Subscription& subscription, TopicId topic) {
  if (index_of(topic) >= readers_.size() || !readers_[index_of(topic)]) return;
  for (Slot* slot : readers_[index_of(topic)]->slots) {
    if (slot->subscription == &subscription) add_to_snapshot(*slot);
  }
}

void Subscriptions::changed(TopicId topic, std::vector<SessionId>& woken) {
  if (index_of(topic) >= readers_.size() || !readers_[index_of(topic)]) return;
  for (Slot* slot : readers_[index_of(topic)]->slots) {
    if (slot->dirty) {
      if (slot->subscription->mode == Mode::latest) ++conflated_;
    } else if (mark_dirty(*slot)) {
      woken.push_back(slot->subscription->owner);
    }
  }
}

bool Subscriptions::keeps(TopicId topic) const noexcept {
  if (index_of(topic) >= readers_.size() || !readers_[index_of(topic)]) return false;
  const Readers& readers = *readers_[index_of(topic)];
  return readers.pins > 0 || readers.dirty > 0;
}

std::size_t Subscriptions::readers(TopicId topic) const noexcept {
  if (index_of(topic) >= readers_.size() || !readers_[index_of(topic)]) return 0;
  return readers_[index_of(topic)]->slots.size();
}

void Subscriptions::topic_removed(TopicId topic) {
  if (index_of(topic) >= readers_.size()) return;
  while (readers_[index_of(topic)]) {
    Slot& slot = *readers_[index_of(topic)]->slots.back();
    Subscription& subscription = *slot.subscription;
    const std::size_t place = slot.place_in_subscription;
    leave_readers(slot);
    std::swap(subscription.slots[place], subscription.slots.back());
    subscription.slots[place]->place_in_subscription = static_cast<std::uint32_t>(place);
    subscription.slots.pop_back();
  }
}

}  // namespace hoiku::broker
