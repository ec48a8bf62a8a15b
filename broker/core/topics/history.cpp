#include "broker/core/topics/history.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "broker/core/swap_remove.hpp"

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
  const std::size_t bytes = state->bound();
  history.bytes += bytes;
  bytes_ += bytes;
  history.states.push_back(std::move(state));
  classify(history);
  if (!std::exchange(history.grown, true)) grown_.push_back(topic);
}

void Histories::discard(TopicId topic) {
  History* removed = by_topic_.find(topic);
  if (removed == nullptr) return;
  while (removed->size() > 0) discard_oldest(*removed);
  classify(*removed);
  by_topic_.erase(topic);
}

void Histories::discard_oldest(History& history) noexcept {
  const std::size_t bytes = history.oldest()->bound();
  history.bytes -= bytes;
  bytes_ -= bytes;
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
    classify(*grown);
  }
  while (bytes_ > limits_->histories_bytes_max) {
    History& history = largest();
    discard_oldest(history);
    classify(history);
  }
}

// Puts the history among those of its size.
void Histories::classify(History& history) {
  const std::size_t size_class = history.size() == 0 ? 0 : static_cast<std::size_t>(std::bit_width(history.bytes));
  if (size_class == history.size_class) return;
  if (history.size_class != 0) swap_remove<&History::place>(by_size_class_[history.size_class], history.place);
  history.size_class = size_class;
  if (size_class == 0) return;
  history.place = by_size_class_[size_class].size();
  by_size_class_[size_class].push_back(&history);
}

Histories::History& Histories::largest() noexcept {
  const auto found =
      std::find_if(by_size_class_.rbegin(), by_size_class_.rend(), [](const auto& list) { return !list.empty(); });
  return *found->back();
}

bool Histories::is_too_long(const History& history) const noexcept {
  if (history.wanted != 0) return history.size() + 1 > history.wanted;
  if (history.size() + 1 > limits_->history_transitions_max) return true;
  // The last replaced state stays, however large: a reader that has it needs the committed state only.
  return history.size() > 1 && history.bytes > limits_->history_bytes_max;
}

std::span<const State> Histories::from(TopicId topic, std::uint64_t number) const noexcept {
  const History* found = by_topic_.find(topic);
  if (found == nullptr || found->size() == 0 || number < found->oldest()->version().number) return {};
  const std::uint64_t place = number - found->oldest()->version().number;
  if (place >= found->size()) return {};
  return std::span<const State>(found->states).subspan(found->first + static_cast<std::size_t>(place));
}

State Histories::find(TopicId topic, std::uint64_t number) const noexcept {
  const auto states = from(topic, number);
  return states.empty() ? nullptr : states.front();
}

std::uint64_t Histories::first_after(TopicId topic, std::uint64_t revision) const noexcept {
  const History* found = by_topic_.find(topic);
  if (found == nullptr) return 0;
  const auto begin = found->states.begin() + static_cast<std::ptrdiff_t>(found->first);
  const auto newer = std::partition_point(begin, found->states.end(),
                                          [&](const State& state) { return state->revision() <= revision; });
  return newer == found->states.end() ? 0 : (*newer)->version().number;
}

}  // namespace hoiku::broker
