#include "client/src/backlog.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::client {
namespace {

// What is missing before `to`, where this reader was given `from` before it, or nothing.
std::optional<Lagged> gap_between(const TransitionPtr& from, const Transition& to, std::uint64_t told) {
  if (to.version.number == 0) return std::nullopt;
  const bool same_epoch = from && from->version.epoch == to.version.epoch;
  const bool from_start = from && !same_epoch;
  const std::uint64_t first = same_epoch ? from->version.number + 1 : from_start ? 1 : to.version.number - told;
  // Of an epoch that ended with a value nobody knows how it went on.
  const bool is_cut_off = from_start && !from->value.is_null();
  if (first >= to.version.number && !is_cut_off) return std::nullopt;
  Lagged gap;
  gap.from = Version{to.version.epoch, first};
  gap.to = Version{to.version.epoch, to.version.number - 1};
  gap.count = to.version.number - std::min(first, to.version.number);
  return gap;
}

}  // namespace

bool Backlog::put(TransitionPtr transition, std::uint64_t lagged) {
  ++arrived_of_session_;
  Known& topic = topics_[transition->topic];
  topic.confirmed = true;
  if (topic.received && is_duplicate(*topic.received, *transition)) {
    ++counts_.duplicates;
    return false;
  }
  ++pushed_of_session_;
  push(topic, std::move(transition), lagged);
  return true;
}

void Backlog::push(Known& topic, TransitionPtr transition, std::uint64_t lagged) {
  topic.received = transition;
  entries_.push_back(Entry{std::move(transition), &topic, lagged});
  ++counts_.received;
  ++counts_.pending;
}

void Backlog::begin_resync() {
  for (auto& [name, topic] : topics_) topic.confirmed = false;
  arrived_of_session_ = pushed_of_session_ = 0;
}

bool Backlog::end_snapshot(std::uint64_t revision, bool whole) {
  bool news = false;
  for (auto& [name, topic] : topics_) {
    if (!whole || std::exchange(topic.confirmed, true) || !topic.received || topic.received->version.number == 0)
      continue;
    push(topic, vanished(*topic.received, revision), 0);
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
  item.transition = std::move(entry.transition);
  item.lagged = gap_between(item.previous, *item.transition, entry.lagged);
  if (item.lagged) item.skipped = item.lagged->count;
  return item;
}

std::uint64_t Backlog::taken_of_session() const noexcept {
  return arrived_of_session_ - std::min(counts_.pending, pushed_of_session_);
}

}  // namespace hoiku::client
