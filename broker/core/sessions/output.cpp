// output.cpp: what a connection is sent next. Everything is decided here, at the last moment: until a link can take a
// frame, newer states go on replacing older ones.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"

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
    scan.advance(session);
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
    if (report.is_interrupted) scan.reschedule(session);
    if (has_frame || report.too_large == nullptr) return;
  }
}

}  // namespace hoiku::broker
