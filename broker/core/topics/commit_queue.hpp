// commit_queue.hpp: the pending commits, in the order of the log, and the answers to their writers.
//
// Promises   commits leave in the order in which they came; a write that is equal to a pending state (a touch) is
//            answered with that state's commit, not before.
// Thread     the core's. Owner: CommitLog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/core/few.hpp"
#include "broker/core/topics/topic.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// What a writer is told when its commit is committed; the session may be closed by then.
struct Notice {
  proto::Answer answer() const;

  SessionId session{};
  proto::RequestId id = 0;
  std::uint64_t post_in = 0;                        // of a post: the client frame that it came in; it is not answered
  State state;                                      // of a Set
  bool changed = false;                             // of a Set: it has made the state
  std::shared_ptr<const proto::CommitDone> commit;  // of a Commit
};

struct TopicWrite {
  TopicId topic{};
  State state;
};
using TopicWrites = Few<TopicWrite>;

struct PendingCommit {
  std::uint64_t sequence = 0;
  TopicWrites writes;
  Few<Notice> notices;  // to the writer, then to the touches
};

// The answer to the writer.
inline proto::Answer Notice::answer() const {
  if (commit) return *commit;
  return proto::SetDone{id, version_of(state), revision_of(state), changed};
}

class CommitQueue {
 public:
  // The next commit's position in the log, which is also its revision.
  std::uint64_t next_sequence() const noexcept { return last_ + 1; }
  // Returns the commit, until the next call, for the notice to its writer.
  PendingCommit& push(TopicWrites writes) {
    PendingCommit& commit = queue_.emplace_back();
    commit.sequence = ++last_;
    commit.writes = std::move(writes);
    return commit;
  }
  // A write was equal to the state that the pending commit `sequence` makes.
  void touch(std::uint64_t sequence, Notice notice) {
    queue_[first_ + static_cast<std::size_t>(sequence - queue_[first_].sequence)].notices.push_back(std::move(notice));
  }
  // The next commit, if the log has everything up to `sequence`.
  std::optional<PendingCommit> take_through(std::uint64_t sequence) {
    if (size() == 0 || queue_[first_].sequence > sequence) return std::nullopt;
    std::optional<PendingCommit> taken(std::move(queue_[first_++]));
    // A prompt store empties the queue in each turn. With one that is late, what was taken keeps its memory a while.
    if (first_ * 2 >= queue_.size()) drop_taken();
    return taken;
  }
  std::size_t size() const noexcept { return queue_.size() - first_; }

 private:
  void drop_taken() {
    if (size() > 0 && first_ < 64) return;
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::vector<PendingCommit> queue_;  // from first_ on
  std::size_t first_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace hoiku::broker
