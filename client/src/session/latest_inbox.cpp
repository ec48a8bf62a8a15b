#include "client/src/session/latest_inbox.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::client {

LatestInbox::LatestInbox(const std::vector<std::string>& plain_names, std::size_t unset_topics_max)
    : members_(plain_names.size()), unset_(unset_topics_max) {}

bool LatestInbox::put(std::uint32_t member, TransitionPtr transition, const GapCounts& counts) {
  Slot* slot = slot_for(member, transition->topic);
  if (!slot) return false;
  const bool is_first = !std::exchange(slot->confirmed, true);
  if (slot->latest && is_duplicate(slot->latest->version, transition->version)) {
    ++statistics_.duplicates;
    return false;
  }
  GapCounts known = counts;
  if (is_first && !complete_through_)
    known.count_baseline = 0;  // a fresh start: versions before it are unaccounted for
  if (!is_first || !is_past_resume_point(*slot)) {
    const auto last = slot->latest ? std::optional(slot->latest->version) : std::nullopt;
    slot->filtered += filtered_between(last, transition->version, known);
  }
  store(*slot, std::move(transition));
  return true;
}

void LatestInbox::begin_resync(std::optional<std::uint64_t> complete_through) {
  complete_through_ = complete_through;
  for (Slot& slot : members_) slot.confirmed = false;
  for (auto& [topic, slot] : by_topic_) slot.confirmed = false;
}

bool LatestInbox::end_snapshot(std::uint64_t revision, bool whole) {
  bool news = false;
  if (whole) {
    for (Slot& slot : members_) news |= unset_unconfirmed(slot, revision);
    for (auto& [topic, slot] : by_topic_) news |= unset_unconfirmed(slot, revision);
  }
  unset_.snapshot_ended();
  if (snapshot_seen_) return news;
  snapshot_seen_ = true;
  dirty_.push_back(nullptr);
  return true;
}

std::optional<InboxItem> LatestInbox::take() {
  if (dirty_.empty()) return std::nullopt;
  Slot* slot = dirty_.front();
  dirty_.pop_front();
  std::optional<InboxItem> item(std::in_place);
  if (!slot) return item;
  item->filtered = std::exchange(slot->filtered, 0);
  given_before_ = mark_taken(*slot);
  given_ = *slot->taken;
  item->transition = &given_;
  if (given_before_) {
    item->previous = InboxItem::Previous{given_before_->version, given_before_->value};
    const std::uint64_t missing = versions_between(given_before_->version, slot->taken->version);
    item->skipped = missing - std::min(missing, item->filtered);
  }
  statistics_.filtered += item->filtered;
  statistics_.skipped += item->skipped;
  return item;
}

void LatestInbox::take_all() {
  for (Slot* slot : dirty_) {
    if (!slot) continue;
    slot->filtered = 0;
    mark_taken(*slot);
  }
  dirty_.clear();
}

LatestInbox::Slot* LatestInbox::slot_for(std::uint32_t member, const std::string& topic) {
  if (members_.empty()) return member == 0 ? &by_topic_[topic] : nullptr;
  return member < members_.size() ? &members_[member] : nullptr;
}

bool LatestInbox::is_past_resume_point(const Slot& slot) const noexcept {
  return complete_through_ && slot.latest && slot.latest->revision > *complete_through_;
}

void LatestInbox::store(Slot& slot, TransitionPtr transition) {
  slot.latest = std::move(transition);
  ++statistics_.received;
  if (slot.pending) {
    ++statistics_.conflated;
    return;
  }
  slot.pending = true;
  ++statistics_.pending;
  dirty_.push_back(&slot);
}

bool LatestInbox::unset_unconfirmed(Slot& slot, std::uint64_t revision) {
  if (std::exchange(slot.confirmed, true) || !slot.latest || is_unset(slot.latest->version)) return false;
  store(slot, unset_by_restart(slot.latest->topic, revision));
  return true;
}

TransitionPtr LatestInbox::mark_taken(Slot& slot) {
  slot.pending = false;
  --statistics_.pending;
  ++statistics_.taken;
  if (members_.empty() && slot.latest->value.is_null()) unset_.taken(*slot.latest);
  return std::exchange(slot.taken, slot.latest);
}

void LatestInbox::trim(std::uint64_t complete_through) {
  unset_.trim(complete_through, [this](const std::string& name, const Version& version) {
    const auto found = by_topic_.find(name);
    if (found != by_topic_.end() && !found->second.pending && found->second.latest->version == version)
      by_topic_.erase(found);
  });
}

}  // namespace hoiku::client
