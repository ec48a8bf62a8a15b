// full_peers.hpp: connections that had no room for a frame, and when each is asked again.
//
// Promises   a full connection is asked after 2 ms, then after twice as long each time, up to 50 ms. After it has taken
//            a frame it starts at 2 ms again. Connections with nearly the same time are asked in one turn. Reads no
//            clock.
// Thread     the loop's. Owner: Server.
// Limits     none of its own: a few words for each connection that is full.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "broker/core/types.hpp"
#include "hoiku/async/time.hpp"

namespace hoiku::broker {

class FullPeers {
 public:
  // The peer had no room as of `now`.
  void add(PeerId peer, TimePoint now);
  // The peer has taken a frame, or has disconnected.
  void remove(PeerId peer);
  // The peers that are due: the caller offers each a frame, then adds or removes it; settle() handles the others.
  std::vector<PeerId> take_due(TimePoint now);
  // All due peers were asked: discards the pauses of those that had nothing to be sent.
  void settle() { asked_.clear(); }

  std::optional<TimePoint> next_due() const;
  std::size_t size() const noexcept { return waiting_.size(); }
  bool empty() const noexcept { return waiting_.empty(); }

 private:
  struct Waiting {
    Duration pause{};
    TimePoint due{};
  };
  std::map<PeerId, Waiting> waiting_;
  std::set<std::pair<TimePoint, PeerId>> by_due_;  // the same peers
  std::map<PeerId, Duration> asked_;               // peers that are being asked, with their last pause
};

}  // namespace hoiku::broker
