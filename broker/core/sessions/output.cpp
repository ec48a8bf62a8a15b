#include "broker/core/sessions/output.hpp"

#include <string>
#include <utility>

namespace hoiku::broker {

using proto::ServerFrame;

void Output::full(PeerId id) {
  Peer* peer = peers_.find(id);
  if (peer == nullptr) return;
  peer->is_blocked = true;
  Session* session = peer->session ? sessions_.find(*peer->session) : nullptr;
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

void Output::writable(PeerId id) {
  Peer* peer = peers_.find(id);
  if (peer == nullptr) return;
  peer->is_blocked = false;
  peers_.make_ready(*peer);
}

std::shared_ptr<const ServerFrame> Output::next_frame(Peer& peer) {
  if (!peer.session) {
    if (!std::exchange(peer.farewell_due, false)) return nullptr;
    peer.last = Peer::Sent::farewell;
    return peer.farewell;
  }
  Session& session = *sessions_.find(*peer.session);
  if (std::exchange(peer.welcome_due, false)) {
    peer.last = Peer::Sent::welcome;
    return welcome_frame(peer, session);
  }
  if (!session.outbox.has_next()) {
    scan_.advance(session);
    build_frame(session);
  }
  if (session.outbox.has_next()) {
    peer.last = Peer::Sent::numbered;
    auto frame = session.outbox.next(session.connection_number, session.received.last());
    // A frame that is sent again says what was settled then.
    if (session.ack_due = frame->settled < session.settled(); !session.ack_due) sessions_.acknowledged(session);
    return frame;
  }
  if (std::exchange(session.ack_due, false)) {
    peer.last = Peer::Sent::acknowledgement;
    auto frame = std::make_shared<ServerFrame>();
    frame->connection_number = session.connection_number;
    frame->acknowledged = session.received.last();
    frame->settled = session.settled();
    sessions_.acknowledged(session);
    return frame;
  }
  return nullptr;
}

std::shared_ptr<const ServerFrame> Output::welcome_frame(const Peer& peer, const Session& session) const {
  auto frame = std::make_shared<ServerFrame>();
  frame->connection_number = session.connection_number;
  frame->acknowledged = session.received.last();
  proto::Welcome& welcome = frame->welcome.emplace();
  welcome.resumed = peer.resumed;
  welcome.instance_id = instance_id_;
  welcome.first_connection = session.first_connection;
  welcome.session_timeout = session.timeout;
  welcome.value_bytes_max = limits_.value_bytes_max;
  welcome.frame_bytes_max = limits_.frame_bytes_max;
  welcome.credit_transitions = limits_.credit_transitions;
  return frame;
}

void Output::build_frame(Session& session) {
  for (;;) {
    BuildReport report;
    const Outbox::Facts facts{log_.revision(), session.scanning.empty(), session.decided()};
    const bool has_frame = session.outbox.build_frame(lookups_, facts, report);
    totals_.lagged += report.lagged;
    totals_.filtered += report.filtered;
    // The topic may have been kept only until this unset state was sent.
    for (const TopicId id : report.unset) life_.remove_if_unused(id);
    if (report.too_large != nullptr) {
      requests_.fail(*report.too_large, {ErrorCode::too_large, "the composite's values do not fit into one frame of " +
                                                                   std::to_string(limits_.frame_bytes_max) + " bytes"});
    }
    if (report.is_interrupted) scan_.reschedule(session);
    if (has_frame || report.too_large == nullptr) return;
  }
}

}  // namespace hoiku::broker
