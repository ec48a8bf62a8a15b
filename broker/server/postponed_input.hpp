// postponed_input.hpp: the input of peers whose sessions are behind with a frame: it waits until they are not.
//
// Promises   the input of a peer leaves in the order in which it came. add() refuses what is beyond the limits.
// Thread     the loop's. Owner: Server.
// Limits     the bytes of a peer's frames, and of all frames together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "hoiku/link/link.hpp"

namespace hoiku::broker {

class PostponedInput {
 public:
  using Input = link::ServerLink::Input;

  PostponedInput(std::size_t bytes_of_a_peer_max, std::size_t bytes_max) noexcept
      : bytes_of_a_peer_max_(bytes_of_a_peer_max), bytes_max_(bytes_max) {}

  bool empty() const noexcept { return by_peer_.empty(); }
  bool contains(std::uint64_t peer) const { return by_peer_.contains(peer); }
  // False: it would exceed a limit, and is not kept. The end of a connection always has room.
  [[nodiscard]] bool add(Input input) {
    const std::size_t size = size_of(input);
    const auto found = by_peer_.find(input.peer);
    const std::size_t own = found == by_peer_.end() ? 0 : found->second.bytes;
    if (input.frame && (own + size > bytes_of_a_peer_max_ || bytes_ + size > bytes_max_)) return false;
    Queue& queue = by_peer_[input.peer];
    queue.bytes += size;
    bytes_ += size;
    queue.inputs.push_back(std::move(input));
    return true;
  }
  // The peers whose input waits, those first that were not the last to have an input taken.
  std::vector<std::uint64_t> peers() const {
    std::vector<std::uint64_t> all;
    const auto begin = by_peer_.upper_bound(last_taken_);
    for (auto at = begin; at != by_peer_.end(); ++at) all.push_back(at->first);
    for (auto at = by_peer_.begin(); at != begin; ++at) all.push_back(at->first);
    return all;
  }
  // The peer's next input. It has one.
  Input take(std::uint64_t peer) {
    const auto found = by_peer_.find(peer);
    Input input = std::move(found->second.inputs.front());
    found->second.inputs.pop_front();
    found->second.bytes -= size_of(input);
    bytes_ -= size_of(input);
    if (found->second.inputs.empty()) by_peer_.erase(found);
    last_taken_ = peer;
    return input;
  }
  void discard(std::uint64_t peer) {
    const auto found = by_peer_.find(peer);
    if (found == by_peer_.end()) return;
    bytes_ -= found->second.bytes;
    by_peer_.erase(found);
  }

 private:
  struct Queue {
    std::deque<Input> inputs;
    std::size_t bytes = 0;
  };
  // A frame without bytes takes room, too.
  static std::size_t size_of(const Input& input) noexcept {
    return sizeof(Input) + (input.frame ? input.frame->size() : 0);
  }

  const std::size_t bytes_of_a_peer_max_;
  const std::size_t bytes_max_;
  std::map<std::uint64_t, Queue> by_peer_;
  std::size_t bytes_ = 0;
  std::uint64_t last_taken_ = 0;
};

}  // namespace hoiku::broker
