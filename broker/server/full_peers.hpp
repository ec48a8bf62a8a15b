// full_peers.hpp: connections that had no room for a frame, and when each is asked again.
//
// Promises   who stays full is asked after 2 ms, then after twice as long each time, up to 50 ms; who has taken a frame
//            begins anew. Those whose time is nearly the same are asked in one turn. No time is read here.
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
  // It had no room as of `now`.
  void add(PeerId peer, TimePoint now);
  // It has taken a frame, or is gone.
  void remove(PeerId peer);
  // Those whose time has come: each is asked, and then added, or removed, or forgotten by settle().
  std::vector<PeerId> take_due(TimePoint now);
  // All that were due have been asked: who was not added again had nothing to be sent.
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
  std::set<std::pair<TimePoint, PeerId>> by_due_;  // the same
  std::map<PeerId, Duration> asked_;               // after which pause
};

}  // namespace hoiku::broker
