#include "broker/core/topics/topic_states.hpp"

#include <string>
#include <utility>

namespace hoiku::broker {
namespace {

State never_set(SharedText name) {
  StateParts parts;
  parts.topic = std::move(name);
  return State::make(std::move(parts), nullptr);
}

}  // namespace

State TopicStates::committed(TopicId id) const {
  const Topic& topic = topics_[id];
  return topic.committed() ? topic.committed() : never_set(topic.name_text());
}

State TopicStates::committed(std::string_view name) const {
  if (const auto id = topics_.find(name)) return committed(*id);
  if (const auto id = topics_.find_removed(name)) return committed(*id);
  return never_set(SharedText(std::string(name)));
}

State TopicStates::find(TopicId id, std::uint64_t number) const {
  const State& committed = topics_[id].committed();
  return committed && committed->version().number == number ? committed : histories_.find(id, number);
}

std::uint64_t TopicStates::first_after(TopicId id, std::uint64_t revision) const {
  const std::uint64_t kept = histories_.first_after(id, revision);
  return kept == 0 ? version_of(topics_[id].committed()).number : kept;
}

}  // namespace hoiku::broker
