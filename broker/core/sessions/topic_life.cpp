#include "broker/core/sessions/topic_life.hpp"

namespace hoiku::broker {

Result<TopicId> TopicLife::find_or_create(std::string_view name, std::vector<Subscription*>& overfull) {
  if (const auto found = topics_.find(name)) return *found;
  auto created = topics_.create(name);
  if (created) subscriptions_.topic_created(*created, name, 0, overfull);
  return created;
}

TopicId TopicLife::restore(std::size_t position, std::vector<Subscription*>& overfull) {
  const State state = topics_.removed()[position];
  const TopicId id = topics_.restore(position);
  subscriptions_.topic_created(id, state->topic, state->version.number, overfull);
  return id;
}

void TopicLife::remove_if_unused(TopicId id) {
  if (!topics_.contains(id) || !topics_[id].is_idle()) return;
  if (leases_.find(id) != nullptr || declarations_.contains(id)) return;
  if (waits_.any(id) || subscriptions_.keeps(id) || pins_.is_pinned(id)) return;
  subscriptions_.topic_removed(id);
  histories_.discard(id);
  topics_.remove(id);
}

}  // namespace hoiku::broker
