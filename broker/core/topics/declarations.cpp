#include "broker/core/topics/declarations.hpp"

#include <algorithm>
#include <memory>

namespace hoiku::broker {

void Declarations::declare(TopicId topic, SessionId by, std::optional<std::chrono::nanoseconds> deadline,
                           TimePoint now) {
  Declared* declared = by_topic_.find(topic);
  if (declared == nullptr) {
    declared = &by_topic_.insert(topic, std::make_unique<Declared>());
    declared->topic = topic;
    declared->touched_at = now;
  }
  auto& declarers = declared->declarers;
  if (std::find(declarers.begin(), declarers.end(), by) == declarers.end()) declarers.push_back(by);
  if (!deadline || *deadline == declared->deadline) return;
  // Without a deadline the topic was not watched: the first deadline counts from now.
  if (declared->deadline.count() == 0) declared->touched_at = now;
  declared->deadline = *deadline;
  times_.cancel(*declared);
  if (deadline->count() > 0) times_.schedule(*declared, declared->touched_at + *deadline);
}

const std::vector<SessionId>& Declarations::declarers(TopicId topic) const noexcept {
  static const std::vector<SessionId> nobody;
  const Declared* declared = by_topic_.find(topic);
  return declared == nullptr ? nobody : declared->declarers;
}

void Declarations::withdraw(TopicId topic, SessionId session) noexcept {
  if (Declared* declared = by_topic_.find(topic)) std::erase(declared->declarers, session);
}

void Declarations::remove(TopicId topic) noexcept {
  times_.cancel(by_topic_[topic]);
  by_topic_.erase(topic);
}

void Declarations::touched(TopicId topic, TimePoint now) {
  Declared* declared = by_topic_.find(topic);
  if (declared == nullptr) return;
  declared->touched_at = now;
  if (declared->deadline.count() > 0 && !declared->is_scheduled()) times_.schedule(*declared, now + declared->deadline);
}

std::optional<TopicId> Declarations::take_overdue(TimePoint now) {
  while (Timer* timer = times_.take_due(now)) {
    auto& declared = static_cast<Declared&>(*timer);
    const TimePoint due = declared.touched_at + declared.deadline;
    if (due <= now) return declared.topic;
    times_.schedule(declared, due);
  }
  return std::nullopt;
}

}  // namespace hoiku::broker
