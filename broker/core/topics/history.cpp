#include "broker/core/topics/history.hpp"
#include "hoiku/proto/size.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::broker {

void Histories::keep(TopicId topic, std::size_t transitions) {
  History& history = by_topic_.find_or_create(topic);
  history.wanted = transitions;
  if (!std::exchange(history.grown, true)) grown_.push_back(topic);
}

void Histories::keep_default(TopicId topic) {
  if (by_topic_.contains(topic)) keep(topic, 0);
}

void Histories::append(TopicId topic, State state) {
  History& history = by_topic_.find_or_create(topic);
  const std::size_t bytes = proto::size_of(*state).bound();
  history.bytes += bytes;
  bytes_ += bytes;
  ++kept_;
  replaced_.push_back(Replaced{topic, state->version});
  history.states.push_back(std::move(state));
  if (!std::exchange(history.grown, true)) grown_.push_back(topic);
}

void Histories::discard(TopicId topic) {
  History* removed = by_topic_.find(topic);
  if (removed == nullptr) return;
  while (removed->size() > 0) discard_oldest(*removed);
  by_topic_.erase(topic);
}

void Histories::discard_oldest(History& history) noexcept {
  const std::size_t bytes = proto::size_of(*history.oldest()).bound();
  history.bytes -= bytes;
  bytes_ -= bytes;
  --kept_;
  history.states[history.first++].reset();
  if (history.first * 2 >= history.states.size()) {
    history.states.erase(history.states.begin(), history.states.begin() + static_cast<std::ptrdiff_t>(history.first));
    history.first = 0;
  }
}

void Histories::trim() {
  for (const TopicId topic : std::exchange(grown_, {})) {
    History* grown = by_topic_.find(topic);
    // The topic may have been removed since, and its id given to another one, which is in the list too.
    if (grown == nullptr || !std::exchange(grown->grown, false)) continue;
    while (grown->size() > 0 && is_too_long(*grown)) discard_oldest(*grown);
  }
  while (bytes_ > limits_->histories_bytes_max) {
    const Replaced oldest = replaced_.front();
    replaced_.pop_front();
    // Older states of the topic were replaced earlier, so this one is the oldest.
    if (is_kept(oldest)) discard_oldest(by_topic_[oldest.topic]);
  }
  if (replaced_.size() > 2 * kept_ + 1024) compact();
}

bool Histories::is_too_long(const History& history) const noexcept {
  if (history.wanted != 0) return history.size() + 1 > history.wanted;
  if (history.size() + 1 > limits_->history_transitions_max) return true;
  // The last replaced state stays, however large: a reader that has it needs the committed state only.
  return history.size() > 1 && history.bytes > limits_->history_bytes_max;
}

bool Histories::is_kept(const Replaced& replaced) const noexcept {
  const History* kept = by_topic_.find(replaced.topic);
  if (kept == nullptr || kept->size() == 0) return false;
  return kept->oldest()->version.epoch == replaced.version.epoch &&
         kept->oldest()->version.number <= replaced.version.number;
}

void Histories::compact() {
  std::erase_if(replaced_, [this](const Replaced& replaced) { return !is_kept(replaced); });
}

State Histories::find(TopicId topic, std::uint64_t number) const noexcept {
  const History* found = by_topic_.find(topic);
  if (found == nullptr || found->size() == 0 || number < found->oldest()->version.number) return nullptr;
  const std::uint64_t place = number - found->oldest()->version.number;
  return place < found->size() ? found->states[found->first + place] : nullptr;
}

std::uint64_t Histories::first_after(TopicId topic, std::uint64_t revision) const noexcept {
  const History* found = by_topic_.find(topic);
  if (found == nullptr) return 0;
  const auto begin = found->states.begin() + static_cast<std::ptrdiff_t>(found->first);
  const auto newer =
      std::partition_point(begin, found->states.end(), [&](const State& state) { return state->revision <= revision; });
  return newer == found->states.end() ? 0 : (*newer)->version.number;
}

}  // namespace hoiku::broker
