#include "broker/core/sessions/peer_table.hpp"

#include <utility>

namespace hoiku::broker {

Peer* PeerTable::find(PeerId id) noexcept {
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : &found->second;
}

Peer& PeerTable::admit(PeerId id, SessionId session) {
  Peer& peer = peers_.try_emplace(id, id).first->second;
  peer.session = session;
  return peer;
}

void PeerTable::refuse(PeerId id, std::shared_ptr<const proto::ServerFrame> farewell) {
  Peer& peer = peers_.try_emplace(id, id).first->second;
  peer.was_admitted = peer.was_admitted || peer.session;
  peer.session.reset();
  peer.welcome_due = false;
  peer.farewell_due = farewell != nullptr;
  peer.farewell = std::move(farewell);
  make_ready(peer);
  refused_.push_back(id);
  discard_oldest_refused();
}

// Keeps admitted clients that were not sent their farewell yet: a broker that shuts down refuses all of them at once.
// Looks at two peers for each one that is added, so that these do not keep the others in the table.
void PeerTable::discard_oldest_refused() {
  for (int i = 0; i < 2 && refused_.size() > refused_peers_max_; ++i) {
    const PeerId id = refused_.front();
    refused_.pop_front();
    const Peer* oldest = find(id);
    if (oldest == nullptr || oldest->session) continue;
    if (oldest->farewell_due && oldest->was_admitted)
      refused_.push_back(id);
    else
      remove(id);
  }
}

void PeerTable::remove(PeerId id) { peers_.erase(id); }

void PeerTable::make_ready(Peer& peer) {
  if (peer.is_queued || peer.is_blocked) return;
  peer.is_queued = true;
  ready_.push_back(peer.id);
}

Peer* PeerTable::take_ready() {
  while (!ready_.empty()) {
    Peer* peer = find(ready_.front());
    ready_.pop_front();
    if (peer == nullptr || !std::exchange(peer->is_queued, false) || peer->is_blocked) continue;
    return peer;
  }
  return nullptr;
}

}  // namespace hoiku::broker
