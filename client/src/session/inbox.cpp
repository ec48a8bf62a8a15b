#include "client/src/session/inbox.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::client {
namespace {

// Number 0 means "not set", in whatever epoch.
bool is_unset(const Transition& transition) { return transition.version.number == 0; }

}  // namespace

bool is_duplicate(const Transition& have, const Transition& got) noexcept {
  if (is_unset(got)) return is_unset(have);
  return have.version.epoch == got.version.epoch && got.version.number <= have.version.number;
}

TransitionPtr vanished(const Transition& last, std::uint64_t revision) {
  auto gone = std::make_shared<Transition>();
  gone->topic = last.topic;
  gone->revision = revision;
  return gone;
}

std::uint64_t versions_between(const Transition& from, const Transition& to) noexcept {
  // A topic that was not set had no epoch yet, so everything up to `to` came after it.
  if (!is_unset(from) && from.version.epoch != to.version.epoch) return 0;
  if (to.version.number <= from.version.number) return 0;
  return to.version.number - from.version.number - 1;
}

std::uint64_t filtered_between(const TransitionPtr& have, const Transition& got, const Untold& untold) noexcept {
  const bool same_epoch = have && (is_unset(*have) || have->version.epoch == got.version.epoch);
  if (!same_epoch) return untold.filtered;
  const std::uint64_t known = have->version.number;
  const std::uint64_t before = untold.counted_from > known ? untold.counted_from - known : 0;
  return std::min(untold.filtered + before, versions_between(*have, got));
}

Inbox::Inbox(const std::vector<std::string>& plain_names) : members_(plain_names.size()) {}

bool Inbox::put(std::uint32_t member, TransitionPtr transition, const Untold& untold) {
  Slot* slot = slot_for(member, transition->topic);
  if (!slot) return false;
  const bool is_first = !std::exchange(slot->confirmed, true);
  if (slot->newest && is_duplicate(*slot->newest, *transition)) {
    ++counts_.duplicates;
    return false;
  }
  const bool is_beyond = is_first && complete_ && slot->newest && slot->newest->revision > *complete_;
  Untold known = untold;
  if (is_first && !complete_) known.counted_from = 0;  // it began anew: nobody vouches for what was before
  if (!is_beyond) slot->filtered += filtered_between(slot->newest, *transition, known);
  store(*slot, std::move(transition));
  return true;
}

void Inbox::begin_resync(std::optional<std::uint64_t> complete) {
  complete_ = complete;
  for (Slot& slot : members_) slot.confirmed = false;
  for (auto& [topic, slot] : by_topic_) slot.confirmed = false;
}

bool Inbox::end_snapshot(std::uint64_t revision, bool whole) {
  bool news = false;
  if (whole) {
    for (Slot& slot : members_) news |= unset_unconfirmed(slot, revision);
    for (auto& [topic, slot] : by_topic_) news |= unset_unconfirmed(slot, revision);
  }
  if (snapshot_seen_) return news;
  snapshot_seen_ = true;
  dirty_.push_back(nullptr);
  return true;
}

std::optional<InboxItem> Inbox::take() {
  if (dirty_.empty()) return std::nullopt;
  Slot* slot = dirty_.front();
  dirty_.pop_front();
  if (!slot) return InboxItem{};
  InboxItem item;
  item.transition = slot->newest;
  item.filtered = std::exchange(slot->filtered, 0);
  item.previous = mark_taken(*slot);
  if (item.previous) {
    const std::uint64_t missing = versions_between(*item.previous, *item.transition);
    item.skipped = missing - std::min(missing, item.filtered);
  }
  counts_.filtered += item.filtered;
  counts_.skipped += item.skipped;
  return item;
}

void Inbox::take_all() {
  for (Slot* slot : dirty_) {
    if (!slot) continue;
    slot->filtered = 0;
    mark_taken(*slot);
  }
  dirty_.clear();
}

Inbox::Slot* Inbox::slot_for(std::uint32_t member, const std::string& topic) {
  if (members_.empty()) return member == 0 ? &by_topic_[topic] : nullptr;
  return member < members_.size() ? &members_[member] : nullptr;
}

void Inbox::store(Slot& slot, TransitionPtr transition) {
  slot.newest = std::move(transition);
  ++counts_.received;
  if (slot.pending) {
    ++counts_.conflated;
    return;
  }
  slot.pending = true;
  ++counts_.pending;
  dirty_.push_back(&slot);
}

bool Inbox::unset_unconfirmed(Slot& slot, std::uint64_t revision) {
  if (std::exchange(slot.confirmed, true) || !slot.newest || is_unset(*slot.newest)) return false;
  store(slot, vanished(*slot.newest, revision));
  return true;
}

TransitionPtr Inbox::mark_taken(Slot& slot) {
  slot.pending = false;
  --counts_.pending;
  ++counts_.taken;
  return std::exchange(slot.taken, slot.newest);
}

}  // namespace hoiku::client
