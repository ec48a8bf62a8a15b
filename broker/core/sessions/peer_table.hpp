// peer_table.hpp: the connections, with their sessions, and the queue of those that have something to be sent.
//
// Promises   peers that are ready take turns; a peer whose link is full is passed over until it is writable.
// Thread     the core's. Owner: Core.
// Limits     refused peers are remembered so that their frames are ignored: as many as Capacities allow. A peer that
//            was discarded is refused once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

#include "broker/core/capacities.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

struct Peer {
  enum class Sent : std::uint8_t { nothing, welcome, numbered, acknowledgement, farewell };

  explicit Peer(PeerId peer_id) : id(peer_id) {}

  const PeerId id;
  std::optional<SessionId> session;  // none: refused
  bool was_admitted = false;         // it had a session before it was refused
  bool is_blocked = false;           // the link is full
  bool is_queued = false;
  bool welcome_due = false;
  bool resumed = false;  // for Welcome
  bool farewell_due = false;
  Sent last = Sent::nothing;  // the kind of the last frame: full() takes it back
  std::shared_ptr<const proto::ServerFrame> farewell;
};

class PeerTable {
 public:
  explicit PeerTable(const Capacities& capacities = {}) : refused_peers_max_(capacities.refused_peers) {}

  Peer* find(PeerId id) noexcept;
  Peer& admit(PeerId id, SessionId session);
  // Ignores all further frames of the peer. Sends it `farewell` once (null: nothing).
  void refuse(PeerId id, std::shared_ptr<const proto::ServerFrame> farewell);
  void remove(PeerId id);

  void make_ready(Peer& peer);
  Peer* take_ready();  // takes the next peer that is not blocked out of the queue; nullptr: none is ready

 private:
  void discard_oldest_refused();

  std::size_t refused_peers_max_;
  std::unordered_map<PeerId, Peer> peers_;
  std::deque<PeerId> ready_;    // may name removed peers
  std::deque<PeerId> refused_;  // oldest first; may name removed peers
};

}  // namespace hoiku::broker
