#include "broker/core/topics/declarations.hpp"

#include <memory>

namespace hoiku::broker {

void Declarations::declare(TopicId topic, std::optional<std::chrono::nanoseconds> deadline, TimePoint now) {
  Declared* declared = by_topic_.find(topic);
  if (declared == nullptr) {
    declared = &by_topic_.insert(topic, std::make_unique<Declared>());
    declared->topic = topic;
    declared->touched_at = now;
  }
  if (!deadline || *deadline == declared->deadline) return;
  // Without a deadline the topic was not watched: the first deadline counts from now.
  if (declared->deadline.count() == 0) declared->touched_at = now;
  declared->deadline = *deadline;
  times_.cancel(*declared);
  if (deadline->count() > 0) times_.schedule(*declared, declared->touched_at + *deadline);
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
