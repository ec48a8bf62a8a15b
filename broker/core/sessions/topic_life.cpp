#include "broker/core/sessions/topic_life.hpp"

namespace hoiku::broker {

Result<TopicId> TopicLife::find_or_create(std::string_view name, Effects& effects) {
  if (const auto found = topics_.find(name)) return *found;
  if (const auto removed = topics_.find_removed(name)) {
    if (auto room = topics_.check_room(name, 1); !room) return room.failure();
    restore(*removed, effects);
    return *removed;
  }
  auto created = topics_.create(name);
  if (created) subscriptions_.topic_created(*created, name, 0, effects.refused);
  return created;
}

void TopicLife::restore(TopicId id, Effects& effects) {
  topics_.restore(id);
  const State& state = topics_[id].committed();
  subscriptions_.topic_created(id, state->topic(), state->version().number, effects.refused);
}

void TopicLife::remove_if_unused(TopicId id) {
  if (topics_.is_removed(id)) return let_go(id);
  if (!topics_.contains(id) || is_set(topics_[id].pending())) return;
  if (leases_.find(id) != nullptr || !declarations_.declarers(id).empty()) return;
  // At once: whether the next write comes in this turn or after the store's answer must make no difference to it.
  if (declarations_.contains(id)) undeclare(id);
  if (!topics_[id].is_idle()) return;
  if (waits_.any(id) || subscriptions_.keeps(id) || pins_.is_pinned(id)) return;
  subscriptions_.topic_removed(id);
  topics_.remove(id);
  forget_surplus();
}

void TopicLife::let_go(TopicId id) {
  if (subscriptions_.keeps(id)) return;
  subscriptions_.topic_removed(id);
  topics_.let_go(id);
  forget_surplus();
}

void TopicLife::forget_surplus() {
  while (const auto surplus = topics_.surplus()) {
    histories_.discard(*surplus);
    topics_.forget(*surplus);
  }
}

void TopicLife::withdraw(Session& session, TopicId id) {
  session.declared.erase(id);
  declarations_.withdraw(id, session.id);
}

void TopicLife::undeclare(TopicId id) {
  declarations_.remove(id);
  topics_[id].undeclare_type();
  histories_.keep_default(id);
}

}  // namespace hoiku::broker
