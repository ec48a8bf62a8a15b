#include "client/src/session/every_inbox.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::client {

// The versions that are missing between `from`, which the reader was given last, and the entry. Filtered versions are
// not missing.
std::optional<Lagged> EveryInbox::gap_before(const Entry& entry, const TransitionPtr& from) const {
  const Transition& to = *entry.transition;
  if (is_unset(to)) return std::nullopt;
  const bool same_epoch = from && from->version.epoch == to.version.epoch;
  const bool from_start = from && !same_epoch;
  const std::uint64_t counted = entry.counts.lagged + entry.counts.filtered;
  const std::uint64_t first = same_epoch   ? from->version.number + 1
                              : from_start ? 1
                                           : to.version.number - std::min(counted, to.version.number);
  // An epoch that ended with a value may have gone on unseen. (For a filtered reader the unset state may not have
  // passed.)
  const bool is_cut_off = from_start && !from->value.is_null() && (!is_filtered_ || entry.is_first);
  const std::uint64_t missing = to.version.number - std::min(first, to.version.number);
  const std::uint64_t lagged = missing - std::min(missing, entry.counts.filtered);
  if (lagged == 0 && !is_cut_off) return std::nullopt;
  return Lagged{Version{to.version.epoch, first}, Version{to.version.epoch, to.version.number - 1}, lagged};
}

bool EveryInbox::put(TransitionPtr transition, const GapCounts& counts) {
  ++arrived_in_session_;
  TopicState& topic = topics_[transition->topic];
  const bool is_first = !std::exchange(topic.confirmed, true);
  if (topic.received && is_duplicate(*topic.received, *transition)) {
    ++statistics_.duplicates;
    return false;
  }
  push(topic, std::move(transition), counts, is_first);
  return true;
}

void EveryInbox::push(TopicState& topic, TransitionPtr transition, const GapCounts& counts, bool is_first) {
  Entry entry{transition, &topic, counts, is_first};
  if (is_first && !resumes_) entry.counts.count_baseline = 0;  // a fresh start: versions before it are unaccounted for
  entry.counts.filtered = filtered_between(topic.received, *transition, entry.counts);
  topic.received = std::move(transition);
  entries_.push_back(std::move(entry));
  ++statistics_.received;
  ++statistics_.pending;
}

void EveryInbox::begin_resync(bool resumes) {
  resumes_ = resumes;
  for (auto& [name, topic] : topics_) topic.confirmed = false;
  arrived_in_session_ = 0;
  unread_ = statistics_.pending;
}

bool EveryInbox::end_snapshot(std::uint64_t revision, bool whole) {
  bool news = false;
  for (auto& [name, topic] : topics_) {
    if (!whole || std::exchange(topic.confirmed, true) || !topic.received || is_unset(*topic.received)) continue;
    ++arrived_in_session_;
    push(topic, unset_by_restart(*topic.received, revision), {}, false);
    news = true;
  }
  unset_.snapshot_ended();
  if (snapshot_seen_) return news;
  snapshot_seen_ = true;
  entries_.push_back(Entry{});
  return true;
}

std::optional<InboxItem> EveryInbox::take() {
  if (entries_.empty()) return std::nullopt;
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  if (!entry.transition) return InboxItem{};
  --statistics_.pending;
  ++statistics_.taken;
  InboxItem item;
  item.previous = std::exchange(entry.topic->taken, entry.transition);
  item.lagged = gap_before(entry, item.previous);
  item.transition = std::move(entry.transition);
  item.filtered = entry.counts.filtered;
  if (item.lagged) item.skipped = item.lagged->count;
  statistics_.filtered += item.filtered;
  statistics_.lagged += item.skipped;
  statistics_.skipped += item.skipped;
  if (item.transition->value.is_null()) unset_.taken(*item.transition);
  return item;
}

void EveryInbox::trim(std::uint64_t complete_through) {
  unset_.trim(complete_through, [this](const std::string& name, const Version& version) {
    const auto found = topics_.find(name);
    if (found == topics_.end() || found->second.received != found->second.taken) return;
    if (found->second.taken->version == version) topics_.erase(found);
  });
}

std::uint64_t EveryInbox::taken_in_session() const noexcept {
  return unread_ + arrived_in_session_ - statistics_.pending;
}

}  // namespace hoiku::client
