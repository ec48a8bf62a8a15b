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
    const State& committed = topics_[*id].visible();
    const bool is_known = subscription.resume_after && committed && committed->revision <= *subscription.resume_after;
    auto attached = check_filter(subscription, *id);
    if (attached) attached = catch_up_.attach(subscription, *id, member++, !is_known);
    if (!attached) {
      life_.remove_if_unused(*id);
      return requests_.fail(subscription, attached.failure());
    }
  }
  if (subscription.is_snapshot_complete()) session.outbox.snapshot_ended(subscription);
}

// Whether the filter can be applied to the topic's values, if their type is known.
Result<void> TopicScan::check_filter(const Subscription& subscription, TopicId id) const {
  const Topic& topic = topics_[id];
  if (subscription.filter == nullptr || topic.type() == ValueType::null) return {};
  return subscription.filter->fits(content_type(topic, schemas_), topic.name());
}

void TopicScan::begin(Session& session, Subscription& subscription) {
  subscription.scanning = true;
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
  if (subscription.kind != SubscriptionKind::pattern) {
    budget_.spend(1);  // what attach() finds in the history is counted too
    std::erase(session.scanning, &subscription);
    subscription.scanning = false;
    return attach(session, subscription, {subscription.pattern});
  }
  Result<void> attached;
  const std::size_t from = subscription.scanned_to;
  // A filter that reads messages may spend more than one step for a topic.
  subscription.scanned_to = topics_.scan(from, budget_.share(), [&](TopicId id, const Topic& topic) {
    if (pattern_matches(subscription.pattern, topic.name())) attached = attach_found(subscription, id, topic);
    return attached && !budget_.is_spent();
  });
  // An empty table costs something too.
  budget_.spend(std::max<std::size_t>(subscription.scanned_to - from, 1));
  if (!attached) return requests_.fail(subscription, attached.failure());
  if (subscription.scanned_to < topics_.end()) return;
  std::erase(session.scanning, &subscription);
  finish(session, subscription);
}

Result<void> TopicScan::attach_found(Subscription& subscription, TopicId id, const Topic& topic) {
  const State& state = topic.visible();
  // A whole snapshot has what is set. One that resumes after a revision also tells what was unset since.
  const bool is_news = subscription.resume_after ? state && state->revision > *subscription.resume_after
                                                 : state && !state->value.is_null();
  return catch_up_.attach(subscription, id, 0, is_news);
}

// All topics have been met; now those that were removed while the reader was away.
void TopicScan::finish(Session& session, Subscription& subscription) {
  // Whatever is created from now on is met when it is created.
  subscription.scanned_to = static_cast<std::size_t>(-1);
  if (subscription.resume_after && !topics_.remembers(*subscription.resume_after)) {
    // Removed topics were forgotten during the scan. So the snapshot becomes a whole one: it has unchanged topics too.
    subscription.resume_after.reset();
    for (const auto& slot : subscription.slots) {
      if (!topics_[slot->readers->topic].is_idle()) subscriptions_.send_again(*slot, now_.monotonic);
    }
  }
  if (subscription.resume_after && !restore_removed(subscription)) return;
  subscription.scanning = false;
  subscription.told_unset.clear();
  if (subscription.is_snapshot_complete()) session.outbox.snapshot_ended(subscription);
}

// Brings back the removed topics that a resuming pattern has to be told of; they are removed again when that is sent.
// False: the subscription has failed.
bool TopicScan::restore_removed(Subscription& subscription) {
  budget_.spend(topics_.removed().size());
  // Newest first, because only the last state of a name counts.
  for (std::size_t left = topics_.removed().size(); left > 0; --left) {
    const State state = topics_.removed()[left - 1];
    if (state->revision <= *subscription.resume_after) continue;
    if (!pattern_matches(subscription.pattern, state->topic)) continue;
    if (subscription.was_told(*state)) continue;
    if (const auto successor = topics_.find(state->topic)) {
      // A reader names the topic again, which was never set since: that is the state to send.
      if (!topics_[*successor].visible())
        subscriptions_.send_in_snapshot(subscription, *successor, states_.committed(*successor));
    } else if (!restore(subscription, left - 1)) {
      return false;
    }
  }
  return true;
}

bool TopicScan::restore(Subscription& subscription, std::size_t position) {
  const State state = topics_.removed()[position];
  Effects effects;
  const TopicId id = life_.restore(position, effects.overfull);
  subscriptions_.topic_restored(id, state, effects.woken);
  effects.released.push_back(id);
  const auto& overfull = effects.overfull;
  const bool fails = std::find(overfull.begin(), overfull.end(), &subscription) != overfull.end();
  requests_.apply(std::move(effects));
  return !fails;
}

}  // namespace hoiku::broker
