// peer_table.hpp: the connections: whose they are, and which of them have something to be sent next.
//
// Promises   peers that are ready take turns; a peer whose link is full is passed over until it is writable.
// Thread     the core's. Owner: Core.
// Limits     a peer that was refused is remembered only to be ignored: at most `refused_peers_max` of them. One that
//            was forgotten is told once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

struct Peer {
  enum class Sent : std::uint8_t { nothing, welcome, numbered, acknowledgement, farewell };

  explicit Peer(PeerId peer_id) : id(peer_id) {}

  const PeerId id;
  std::optional<SessionId> session;  // none: refused
  bool was_admitted = false;         // before it was refused
  bool is_blocked = false;           // its link is full
  bool is_queued = false;
  bool welcome_due = false;
  bool resumed = false;  // what Welcome says
  bool farewell_due = false;
  Sent last = Sent::nothing;  // what it was sent last: it may come back, if the link was full
  std::shared_ptr<const proto::ServerFrame> farewell;
};

class PeerTable {
 public:
  static constexpr std::size_t refused_peers_max = 1024;

  Peer* find(PeerId id) noexcept;
  Peer& admit(PeerId id, SessionId session);
  // Nothing that it sends is heard any more. It is sent `farewell` once (null: nothing).
  void refuse(PeerId id, std::shared_ptr<const proto::ServerFrame> farewell);
  void remove(PeerId id);

  void make_ready(Peer& peer);
  Peer* take_ready();  // not blocked, and not in the queue any more; nullptr: nobody is ready

 private:
  void discard_oldest_refused();

  std::unordered_map<PeerId, Peer> peers_;
  std::deque<PeerId> ready_;    // may name peers that are gone
  std::deque<PeerId> refused_;  // oldest first; may name peers that are gone
};

}  // namespace hoiku::broker
