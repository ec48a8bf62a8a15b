#include "client/src/session/backlog.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::client {

// What is missing before the entry, where this reader was given `from` before it, or nothing. What did not pass is not missing.
std::optional<Lagged> Backlog::gap_before(const Entry& entry, const TransitionPtr& from) const {
  const Transition& to = *entry.transition;
  if (to.version.number == 0) return std::nullopt;
  const bool same_epoch = from && from->version.epoch == to.version.epoch;
  const bool from_start = from && !same_epoch;
  const std::uint64_t told = entry.untold.lagged + entry.untold.filtered;
  const std::uint64_t first = same_epoch   ? from->version.number + 1
                              : from_start ? 1
                                           : to.version.number - std::min(told, to.version.number);
  // Of an epoch that ended with a value nobody knows how it went on. (That the topic was unset may not have passed.)
  const bool is_cut_off = from_start && !from->value.is_null() && (!is_filtered_ || entry.is_first);
  const std::uint64_t missing = to.version.number - std::min(first, to.version.number);
  const std::uint64_t lagged = missing - std::min(missing, entry.untold.filtered);
  if (lagged == 0 && !is_cut_off) return std::nullopt;
  return Lagged{Version{to.version.epoch, first}, Version{to.version.epoch, to.version.number - 1}, lagged};
}

bool Backlog::put(TransitionPtr transition, const Untold& untold) {
  ++arrived_of_session_;
  Known& topic = topics_[transition->topic];
  const bool is_first = !std::exchange(topic.confirmed, true);
  if (topic.received && is_duplicate(*topic.received, *transition)) {
    ++counts_.duplicates;
    return false;
  }
  ++pushed_of_session_;
  push(topic, std::move(transition), untold, is_first);
  return true;
}

void Backlog::push(Known& topic, TransitionPtr transition, const Untold& untold, bool is_first) {
  Entry entry{transition, &topic, untold, is_first};
  if (is_first && !goes_on_) entry.untold.counted_from = 0;  // it began anew: nobody vouches for what was before
  entry.untold.filtered = filtered_between(topic.received, *transition, entry.untold);
  topic.received = std::move(transition);
  entries_.push_back(std::move(entry));
  ++counts_.received;
  ++counts_.pending;
}

void Backlog::begin_resync(bool goes_on) {
  goes_on_ = goes_on;
  for (auto& [name, topic] : topics_) topic.confirmed = false;
  arrived_of_session_ = pushed_of_session_ = 0;
}

bool Backlog::end_snapshot(std::uint64_t revision, bool whole) {
  bool news = false;
  for (auto& [name, topic] : topics_) {
    if (!whole || std::exchange(topic.confirmed, true) || !topic.received || topic.received->version.number == 0)
      continue;
    push(topic, vanished(*topic.received, revision), {}, false);
    news = true;
  }
  if (snapshot_seen_) return news;
  snapshot_seen_ = true;
  entries_.push_back(Entry{});
  return true;
}

std::optional<InboxItem> Backlog::take() {
  if (entries_.empty()) return std::nullopt;
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  if (!entry.transition) return InboxItem{};
  --counts_.pending;
  ++counts_.taken;
  InboxItem item;
  item.previous = std::exchange(entry.topic->taken, entry.transition);
  item.lagged = gap_before(entry, item.previous);
  item.transition = std::move(entry.transition);
  item.filtered = entry.untold.filtered;
  if (item.lagged) item.skipped = item.lagged->count;
  counts_.filtered += item.filtered;
  counts_.lagged += item.skipped;
  counts_.skipped += item.skipped;
  return item;
}

std::uint64_t Backlog::taken_of_session() const noexcept {
  return arrived_of_session_ - std::min(counts_.pending, pushed_of_session_);
}

}  // namespace hoiku::client
