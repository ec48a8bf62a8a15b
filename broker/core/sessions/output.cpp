// output.cpp: what a connection is sent next. Everything is decided here, at the last moment: until a link can take a
// frame, newer states go on replacing older ones.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

using proto::ServerFrame;

void Core::full(PeerId id) {
  Peer* peer = rooms_->peers.find(id);
  if (peer == nullptr) return;
  peer->is_blocked = true;
  Session* session = peer->session ? rooms_->sessions.find(*peer->session) : nullptr;
  switch (std::exchange(peer->last, Peer::Sent::nothing)) {
    case Peer::Sent::nothing:
      break;
    case Peer::Sent::welcome:
      peer->welcome_due = session != nullptr;
      break;
    case Peer::Sent::farewell:
      peer->farewell_due = true;
      break;
    case Peer::Sent::numbered:
      if (session != nullptr) session->outbox.step_back();
      break;
    case Peer::Sent::acknowledgement:
      if (session != nullptr) session->ack_due = true;
      break;
  }
}

void Core::writable(PeerId id) {
  Peer* peer = rooms_->peers.find(id);
  if (peer == nullptr) return;
  peer->is_blocked = false;
  rooms_->peers.make_ready(*peer);
}

std::shared_ptr<const ServerFrame> Core::Rooms::frame_for(Peer& peer) {
  if (!peer.session) {
    if (!std::exchange(peer.farewell_due, false)) return nullptr;
    peer.last = Peer::Sent::farewell;
    return peer.farewell;
  }
  Session& session = *sessions.find(*peer.session);
  if (std::exchange(peer.welcome_due, false)) {
    peer.last = Peer::Sent::welcome;
    return welcome_frame(peer, session);
  }
  if (!session.outbox.has_next()) {
    scan(session);
    cut(session);
  }
  if (session.outbox.has_next()) {
    peer.last = Peer::Sent::numbered;
    session.ack_due = false;
    return session.outbox.next(session.incarnation, session.received.last());
  }
  if (std::exchange(session.ack_due, false)) {
    peer.last = Peer::Sent::acknowledgement;
    auto frame = std::make_shared<ServerFrame>();
    frame->incarnation = session.incarnation;
    frame->acknowledged = session.received.last();
    return frame;
  }
  return nullptr;
}

std::shared_ptr<const ServerFrame> Core::Rooms::welcome_frame(const Peer& peer, const Session& session) const {
  auto frame = std::make_shared<ServerFrame>();
  frame->incarnation = session.incarnation;
  frame->acknowledged = session.received.last();
  proto::Welcome& welcome = frame->welcome.emplace();
  welcome.resumed = peer.resumed;
  welcome.run = options.run;
  welcome.since = session.since;
  welcome.session_timeout = session.timeout;
  welcome.value_bytes_max = limits.value_bytes_max;
  welcome.frame_bytes_max = limits.frame_bytes_max;
  welcome.credit_transitions = limits.credit_transitions;
  return frame;
}

void Core::Rooms::cut(Session& session) {
  for (;;) {
    CutReport report;
    const bool has_frame = session.outbox.cut(lookups, log.revision(), session.scanning.empty(), report);
    counts.deliveries += report.deliveries;
    counts.lagged += report.lagged;
    counts.filtered += report.filtered;
    // Who was told that a topic is unset was perhaps the last that it was kept for.
    for (const TopicId id : report.unset) life.remove_if_unused(id);
    if (report.too_large != nullptr) {
      requests.fail(*report.too_large, {ErrorCode::too_large, "the composite's values do not fit into one frame of " +
                                                                  std::to_string(limits.frame_bytes_max) + " bytes"});
    }
    if (report.is_interrupted) go_on_later(session);
    if (has_frame || report.too_large == nullptr) return;
  }
}

// ---- Meeting the topics that a new pattern matches, or one with a long history: a piece at a time, and only while the reader
// can take them

void Core::Rooms::scan(Session& session) {
  if (session.scanning.empty() || !session.outbox.is_window_open()) return;
  const std::size_t end_of_share = budget.left() - budget.share();
  while (!session.scanning.empty() && budget.left() > end_of_share) scan(session, *session.scanning.front());
  if (!session.scanning.empty()) go_on_later(session);
}

// It has its next piece of work when the others had theirs; in the next turn, where this one has no room for it.
void Core::Rooms::go_on_later(Session& session) {
  if (!budget.is_spent()) {
    session.wake();
  } else if (!std::exchange(session.scan_waits, true)) {
    scan_waiting.push_back(session.id);
  }
}

void Core::Rooms::scan(Session& session, Subscription& subscription) {
  if (subscription.kind != SubscriptionKind::pattern) {
    budget.spend(1);  // what it finds in the history is counted too
    std::erase(session.scanning, &subscription);
    subscription.scanning = false;
    return attach_names(session, subscription, {subscription.pattern});
  }
  Result<void> attached;
  const std::size_t from = subscription.scanned_to;
  // A filter may have to look into messages, which costs more than a visit.
  subscription.scanned_to = topics.scan(from, budget.share(), [&](TopicId id, const Topic& topic) {
    if (pattern_matches(subscription.pattern, topic.name())) attached = attach_found(subscription, id, topic);
    return attached && !budget.is_spent();
  });
  // An empty table costs something too.
  budget.spend(std::max<std::size_t>(subscription.scanned_to - from, 1));
  if (!attached) return requests.fail(subscription, attached.failure());
  if (subscription.scanned_to < topics.end()) return;
  std::erase(session.scanning, &subscription);
  finish_scan(subscription);
}

Result<void> Core::Rooms::attach_found(Subscription& subscription, TopicId id, const Topic& topic) {
  const State& state = topic.visible();
  // A whole snapshot has what is set. One that goes on from a revision also tells what was unset since.
  const bool is_news = subscription.resume_after ? state && state->revision > *subscription.resume_after
                                                 : state && !state->value.is_null();
  return catch_up.attach(subscription, id, 0, is_news);
}

// All topics have been met; now those that were removed while the reader was away.
void Core::Rooms::finish_scan(Subscription& subscription) {
  Session& session = *sessions.find(subscription.owner);
  // Whatever is made from now on is met when it is made.
  subscription.scanned_to = static_cast<std::size_t>(-1);
  if (subscription.resume_after && !topics.remembers(*subscription.resume_after)) {
    // They were forgotten during the scan. So the snapshot becomes a whole one: every topic once, also the unchanged.
    subscription.resume_after.reset();
    for (const auto& slot : subscription.slots) {
      if (!topics[slot->readers->topic].is_idle()) subscriptions.send_again(*slot, now.monotonic);
    }
  }
  if (subscription.resume_after && !restore_removed(subscription)) return;
  subscription.scanning = false;
  subscription.told_unset.clear();
  if (subscription.is_snapshot_complete()) session.outbox.snapshot_ended(subscription);
}

// Brings back the topics that a resuming pattern has to be told of; they go again when all were told. False: the
// subscription has failed, and is gone.
bool Core::Rooms::restore_removed(Subscription& subscription) {
  budget.spend(topics.removed().size());
  // Newest first, because only what a name was last counts.
  for (std::size_t left = topics.removed().size(); left > 0; --left) {
    const State state = topics.removed()[left - 1];
    if (state->revision <= *subscription.resume_after) continue;
    if (!pattern_matches(subscription.pattern, state->topic)) continue;
    if (subscription.was_told(*state)) continue;
    if (const auto successor = topics.find(state->topic)) {
      // Somebody reads the name already, so it is a topic again, if one that was never set: that is what there is to tell.
      if (!topics[*successor].visible())
        subscriptions.send_in_snapshot(subscription, *successor, states.committed(*successor));
      continue;
    }
    Effects effects;
    const TopicId id = life.restore(left - 1, effects.overfull);
    subscriptions.topic_restored(id, state, effects.woken);
    effects.released.push_back(id);
    const auto& overfull = effects.overfull;
    const bool fails = std::find(overfull.begin(), overfull.end(), &subscription) != overfull.end();
    requests.apply(std::move(effects));
    if (fails) return false;
  }
  return true;
}

}  // namespace hoiku::broker
