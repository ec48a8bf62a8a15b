#include "broker/core/sessions/topic_scan.hpp"

#include <utility>

#include "broker/core/topics/content_type.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

void TopicScan::attach(Session& session, Subscription& subscription, const std::vector<std::string>& names) {
  std::uint16_t member = 0;
  for (const std::string& name : names) {
    const auto id = requests_.find_or_create(name);
    if (!id) return requests_.fail(subscription, id.failure());
    // A resuming reader knows the state unless it changed since. It cannot know that a topic was removed.
    const State& committed = topics_[*id].committed();
    const bool is_known = subscription.options().resume_after && committed &&
                          committed->revision() <= *subscription.options().resume_after;
    auto attached = check_filter(subscription, *id);
    if (attached) attached = catch_up_.attach(subscription, *id, member++, !is_known);
    if (!attached) {
      life_.remove_if_unused(*id);
      return requests_.fail(subscription, attached.failure());
    }
  }
  if (subscription.is_snapshot_complete()) session.outbox.snapshot_ended(subscription);
}

// Checks that the filter can be applied to the topic's values, if their type is known.
Result<void> TopicScan::check_filter(const Subscription& subscription, TopicId id) const {
  const Topic& topic = topics_[id];
  if (subscription.options().filter == nullptr || topic.type().type == ValueType::null) return {};
  return subscription.options().filter->fits(content_type(topic, schemas_), topic.name());
}

void TopicScan::begin(Session& session, Subscription& subscription) {
  subscription.scan().begin();
  subscriptions_.open(subscription);
  session.scanning.push_back(&subscription);
}

void TopicScan::advance(Session& session) {
  if (session.scanning.empty() || !session.outbox.is_window_open()) return;
  const std::size_t end_of_share = budget_.left() - budget_.share();
  while (!session.scanning.empty() && budget_.left() > end_of_share) scan(session, *session.scanning.front());
  if (!session.scanning.empty()) reschedule(session);
}

void TopicScan::reschedule(Session& session) {
  if (!budget_.is_spent()) {
    session.wake();
  } else if (!std::exchange(session.scan_waits, true)) {
    waiting_.push_back(session.id);
  }
}

void TopicScan::resume() {
  for (const SessionId id : std::exchange(waiting_, {})) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;
    session->scan_waits = false;
    session->wake();
  }
}

void TopicScan::scan(Session& session, Subscription& subscription) {
  if (subscription.options().kind != SubscriptionKind::pattern) {
    budget_.spend(1);  // attach() also spends the steps of its search in the history
    std::erase(session.scanning, &subscription);
    subscription.scan().end();
    return attach(session, subscription, {subscription.options().pattern});
  }
  Result<void> attached;
  const std::size_t from = subscription.scan().position();
  // A filter that reads messages may spend more than one step for a topic.
  const std::size_t to = topics_.scan(from, budget_.share(), [&](TopicId id, const Topic& topic) {
    if (pattern_matches(subscription.options().pattern, topic.name())) attached = attach_found(subscription, id, topic);
    return attached && !budget_.is_spent();
  });
  subscription.scan().advance(to);
  // An empty table costs a step too.
  budget_.spend(std::max<std::size_t>(to - from, 1));
  if (!attached) return requests_.fail(subscription, attached.failure());
  if (to < topics_.end()) return;
  std::erase(session.scanning, &subscription);
  finish(session, subscription);
}

Result<void> TopicScan::attach_found(Subscription& subscription, TopicId id, const Topic& topic) {
  const State& state = topic.committed();
  // A whole snapshot has all topics that are set. A reader that resumes is also sent those that became unset since.
  const bool is_new_to_reader = subscription.options().resume_after
                                    ? state && state->revision() > *subscription.options().resume_after
                                    : is_set(state);
  if (!topic.is_removed()) return catch_up_.attach(subscription, id, 0, is_new_to_reader);
  if (!is_new_to_reader) return {};
  life_.hold(id);  // until this reader was sent its last state
  auto attached = catch_up_.attach(subscription, id, 0, is_new_to_reader);
  life_.remove_if_unused(id);
  return attached;
}

void TopicScan::finish(Session& session, Subscription& subscription) {
  if (!subscription.options().is_whole && !topics_.remembers(*subscription.options().resume_after)) {
    // The table has discarded removed topics during the scan, so the snapshot becomes a whole one, with unchanged
    // topics.
    subscription.make_whole();
    for (const auto& slot : subscription.slots()) {
      if (is_set(topics_[slot->topic()].committed())) Subscriptions::send_again(*slot, now_.monotonic);
    }
  }
  subscription.scan().end();
  if (subscription.is_snapshot_complete()) session.outbox.snapshot_ended(subscription);
}

}  // namespace hoiku::broker
