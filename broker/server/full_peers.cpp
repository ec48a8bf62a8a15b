#include "broker/server/full_peers.hpp"

#include <algorithm>

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

// A ROUTER does not report when a connection that was full has room again.
constexpr Duration pause_min = 2ms;
// The longest pause before a reader that has room again is asked. At this pause hundreds of stopped readers cost
// little.
constexpr Duration pause_max = 50ms;

}  // namespace

void FullPeers::add(PeerId peer, TimePoint now) {
  const auto asked = asked_.find(peer);
  const Duration pause = asked == asked_.end() ? pause_min : std::min(2 * asked->second, pause_max);
  remove(peer);
  TimePoint due = now + pause;
  // Moves the time a little earlier if another peer is due then, so that one turn serves both.
  const auto near = by_due_.lower_bound({due - pause / 4, PeerId{}});
  if (near != by_due_.end() && near->first < due) due = near->first;
  waiting_.emplace(peer, Waiting{pause, due});
  by_due_.emplace(due, peer);
}

void FullPeers::remove(PeerId peer) {
  asked_.erase(peer);
  const auto found = waiting_.find(peer);
  if (found == waiting_.end()) return;
  by_due_.erase({found->second.due, peer});
  waiting_.erase(found);
}

std::vector<PeerId> FullPeers::take_due(TimePoint now) {
  std::vector<PeerId> due;
  while (!by_due_.empty() && by_due_.begin()->first <= now) {
    const PeerId peer = by_due_.begin()->second;
    const Duration pause = waiting_.find(peer)->second.pause;
    remove(peer);
    asked_.emplace(peer, pause);
    due.push_back(peer);
  }
  return due;
}

std::optional<TimePoint> FullPeers::next_due() const {
  if (by_due_.empty()) return std::nullopt;
  return by_due_.begin()->first;
}

}  // namespace hoiku::broker
