#include "broker/core/sessions/topic_scan.hpp"

#include <algorithm>
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
    const bool is_known =
        subscription.options().resume_after && committed && committed->revision <= *subscription.options().resume_after;
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
  subscription.scan().begin(subscription.options().resume_after.has_value());
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
                                    ? state && state->revision > *subscription.options().resume_after
                                    : is_set(state);
  return catch_up_.attach(subscription, id, 0, is_new_to_reader);
}

// Ends the scan of existing topics, and continues with those that were removed while the reader was away.
void TopicScan::finish(Session& session, Subscription& subscription) {
  subscription.scan().reach_end();
  if (!subscription.options().is_whole && !topics_.remembers(*subscription.options().resume_after)) {
    // The table has discarded removed topics during the scan, so the snapshot becomes a whole one, with unchanged
    // topics.
    subscription.make_whole();
    for (const auto& slot : subscription.slots()) {
      if (is_set(topics_[slot->topic()].committed())) Subscriptions::send_again(*slot, now_.monotonic);
    }
  }
  if (subscription.options().resume_after && !restore_removed(subscription)) return;
  subscription.scan().end();
  if (subscription.is_snapshot_complete()) session.outbox.snapshot_ended(subscription);
}

// Restores the removed topics that a resuming pattern has to be sent; they are removed again after that. False: the
// subscription has failed.
bool TopicScan::restore_removed(Subscription& subscription) {
  budget_.spend(topics_.removed().size());
  std::vector<TopicId> unset;
  for (const auto& [removal, id] : topics_.removed()) {
    const State& state = topics_[id].committed();
    if (state->revision <= *subscription.options().resume_after || subscription.scan().was_sent(*state)) continue;
    if (pattern_matches(subscription.options().pattern, state->topic)) unset.push_back(id);
  }
  // A topic that is restored may make room by closing a subscription, with which others are removed.
  return std::all_of(unset.begin(), unset.end(),
                     [&](TopicId id) { return !topics_.is_removed(id) || restore(subscription, id); });
}

bool TopicScan::restore(Subscription& subscription, TopicId id) {
  Effects effects;
  life_.restore(id, effects);
  effects.released.push_back(id);
  const auto& overfull = effects.overfull;
  const bool fails = std::find(overfull.begin(), overfull.end(), &subscription) != overfull.end();
  requests_.apply(std::move(effects));
  return !fails;
}

}  // namespace hoiku::broker
