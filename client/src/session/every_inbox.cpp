#include "client/src/session/every_inbox.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::client {

// The versions that are missing between `from`, which the reader was given last, and the first transition of the entry,
// `to`. Filtered versions are not missing.
std::optional<Lagged> EveryInbox::gap_before(const Entry& entry, const Version& to,
                                             const std::optional<InboxItem::Previous>& from) const {
  if (is_unset(to)) return std::nullopt;
  const bool same_epoch = from && from->version.epoch == to.epoch;
  const bool from_start = from && !same_epoch;
  const std::uint64_t counted = entry.counts.lagged + entry.counts.filtered;
  const std::uint64_t first = same_epoch   ? from->version.number + 1
                              : from_start ? 1
                                           : to.number - std::min(counted, to.number);
  // An epoch that ended with a value may have gone on unseen. (For a filtered reader the unset state may not have
  // passed.)
  const bool is_cut_off = from_start && !from->value.is_null() && (!is_filtered_ || entry.is_first);
  const std::uint64_t missing = to.number - std::min(first, to.number);
  const std::uint64_t lagged = missing - std::min(missing, entry.counts.filtered);
  if (lagged == 0 && !is_cut_off) return std::nullopt;
  return Lagged{Version{to.epoch, first}, Version{to.epoch, to.number - 1}, lagged};
}

bool EveryInbox::put(TransitionPtr transition, const GapCounts& counts) {
  ++arrived_in_session_;
  TopicState& topic = topics_[transition->topic];
  const bool is_first = !std::exchange(topic.confirmed, true);
  if (topic.received && is_duplicate(*topic.received, transition->version)) {
    ++statistics_.duplicates;
    return false;
  }
  push(topic, std::move(transition), counts, is_first);
  return true;
}

bool EveryInbox::put(proto::Run run, const proto::SlotTable::Slot& slot) {
  arrived_in_session_ += run.count;
  auto& [name, topic] = *topics_.try_emplace(slot.topic).first;
  Entry entry;
  entry.topic = &topic;
  entry.is_first = !std::exchange(topic.confirmed, true);
  entry.left = run.count;
  Version version{slot.epoch, run.number};
  entry.run = std::make_unique<proto::RunReader>(std::move(run), name, slot.epoch);
  while (entry.left > 0 && topic.received && is_duplicate(*topic.received, version)) {
    entry.run->next();
    --entry.left;
    ++version.number;
    ++statistics_.duplicates;
  }
  if (entry.left == 0) return false;
  version.number += entry.left - 1;
  push(std::move(entry), version);
  return true;
}

void EveryInbox::push(TopicState& topic, TransitionPtr transition, const GapCounts& counts, bool is_first) {
  Entry entry;
  entry.topic = &topic;
  entry.left = 1;
  entry.counts = counts;
  entry.is_first = is_first;
  if (is_first && !resumes_) entry.counts.count_baseline = 0;  // a fresh start: versions before it are unaccounted for
  const Version version = transition->version;
  entry.counts.filtered = filtered_between(topic.received, version, entry.counts);
  // All of it happened since the reader was complete, at another instance.
  if (starts_over_ && !topic.received && !is_unset(version))
    entry.counts.lagged = version.number - 1 - std::min(version.number - 1, entry.counts.filtered);
  entry.whole = std::move(transition);
  push(std::move(entry), version);
}

void EveryInbox::push(Entry entry, const Version& last) {
  entry.topic->received = last;
  statistics_.received += entry.left;
  statistics_.pending += entry.left;
  entries_.push_back(std::move(entry));
}

void EveryInbox::begin_resync(bool resumes) {
  resumes_ = resumes;
  starts_over_ = snapshot_seen_ && !resumes;
  for (auto& [name, topic] : topics_) topic.confirmed = false;
  arrived_in_session_ = 0;
  unread_ = statistics_.pending;
}

bool EveryInbox::end_snapshot(std::uint64_t revision, bool whole) {
  bool news = false;
  for (auto& [name, topic] : topics_) {
    if (!whole || std::exchange(topic.confirmed, true) || !topic.received || is_unset(*topic.received)) continue;
    ++arrived_in_session_;
    push(topic, unset_by_restart(name, revision), {}, false);
    news = true;
  }
  unset_.snapshot_ended();
  starts_over_ = false;
  if (snapshot_seen_) return news;
  snapshot_seen_ = true;
  entries_.push_back(Entry{});
  return true;
}

std::optional<InboxItem> EveryInbox::take() {
  retire();
  if (entries_.empty()) return std::nullopt;
  Entry& entry = entries_.front();
  std::optional<InboxItem> item(std::in_place);
  if (!entry.topic) {
    is_front_taken_ = true;
    return item;
  }
  TopicState& topic = *entry.topic;
  if (entry.whole) whole_ = *entry.whole;
  item->transition = entry.whole ? &whole_ : entry.run->next();
  item->previous = topic.taken;
  topic.taken = InboxItem::Previous{item->transition->version, item->transition->value};
  if (!std::exchange(entry.is_begun, true)) {
    item->lagged = gap_before(entry, item->transition->version, item->previous);
    item->filtered = entry.counts.filtered;
    if (item->lagged) item->skipped = item->lagged->count;
    statistics_.filtered += item->filtered;
    statistics_.lagged += item->skipped;
    statistics_.skipped += item->skipped;
  }
  is_front_taken_ = --entry.left == 0;
  --statistics_.pending;
  ++statistics_.taken;
  if (item->transition->value.is_null()) unset_.taken(*item->transition);
  return item;
}

void EveryInbox::retire() {
  if (!std::exchange(is_front_taken_, false)) return;
  if (TopicState* const topic = entries_.front().topic) {
    topic->whole = std::move(entries_.front().whole);
    if (!topic->whole) {
      topic->copy.assign(topic->taken->value);
      topic->taken->value = topic->copy;
    }
  }
  entries_.pop_front();
}

void EveryInbox::trim(std::uint64_t complete_through) {
  retire();
  unset_.trim(complete_through, [this](const std::string& name, const Version& version) {
    const auto found = topics_.find(name);
    if (found == topics_.end() || !found->second.taken) return;
    const Version& taken = found->second.taken->version;
    if (found->second.received == taken && taken == version) topics_.erase(found);
  });
}

std::uint64_t EveryInbox::taken_in_session() const noexcept {
  return unread_ + arrived_in_session_ - statistics_.pending;
}

}  // namespace hoiku::client
