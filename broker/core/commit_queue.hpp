// commit_queue.hpp: the commits that are on their way to the log, in its order, and who is to be told of each.
//
// Promises   commits leave in the order in which they came; a set that was equal to a commit on its way (a touch) is
//            answered with that commit, not before.
// Thread     the core's. Owner: Core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// Who asked for a commit; the session may be gone when it is answered.
struct Origin {
  SessionId session{};
  proto::RequestId request = 0;
};

struct PendingCommit {
  std::uint64_t sequence = 0;
  TopicId topic{};
  State state;
  Origin origin;
  std::vector<Origin> touches;
};

class CommitQueue {
 public:
  // The position in the log that the next commit gets. It is its revision too, as commits become visible in that order.
  std::uint64_t next_sequence() const noexcept { return last_ + 1; }
  void push(TopicId topic, State state, Origin origin) {
    queue_.push_back(PendingCommit{++last_, topic, std::move(state), origin, {}});
  }
  // A set was equal to the state that the commit `sequence`, which has not left yet, will make.
  void touch(std::uint64_t sequence, Origin origin) {
    queue_[static_cast<std::size_t>(sequence - queue_.front().sequence)].touches.push_back(origin);
  }
  // The next commit, where the log has everything up to `sequence`.
  std::optional<PendingCommit> take_through(std::uint64_t sequence) {
    if (queue_.empty() || queue_.front().sequence > sequence) return std::nullopt;
    std::optional<PendingCommit> taken(std::move(queue_.front()));
    queue_.pop_front();
    return taken;
  }
  std::size_t size() const noexcept { return queue_.size(); }

 private:
  std::deque<PendingCommit> queue_;
  std::uint64_t last_ = 0;
};

}  // namespace hoiku::broker
