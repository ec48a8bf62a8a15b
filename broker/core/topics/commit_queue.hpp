// commit_queue.hpp: the pending commits, in the order of the log, and the answers to their writers.
//
// Promises   commits leave in the order in which they came; a write that is equal to a pending state (a touch) is
//            answered with that state's commit, not before.
// Thread     the core's. Owner: CommitLog.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// What a writer is told when its commit is committed; the session may be closed by then.
struct Notice {
  SessionId session{};
  proto::Answer answer;
  std::uint64_t post_in = 0;  // of a post: the client frame that it came in; it is not answered
};

struct TopicWrite {
  TopicId topic{};
  State state;
};
using TopicWrites = boost::container::small_vector<TopicWrite, 1>;

struct PendingCommit {
  std::uint64_t sequence = 0;
  TopicWrites writes;
  boost::container::small_vector<Notice, 1> notices;  // to the writer, then to the touches
};

class CommitQueue {
 public:
  // The next commit's position in the log, which is also its revision.
  std::uint64_t next_sequence() const noexcept { return last_ + 1; }
  // `notice`: nothing for a commit of the broker itself.
  void push(TopicWrites writes, std::optional<Notice> notice) {
    PendingCommit commit;
    commit.sequence = ++last_;
    commit.writes = std::move(writes);
    if (notice) commit.notices.push_back(std::move(*notice));
    queue_.push_back(std::move(commit));
  }
  // A write was equal to the state that the pending commit `sequence` makes.
  void touch(std::uint64_t sequence, Notice notice) {
    queue_[static_cast<std::size_t>(sequence - queue_.front().sequence)].notices.push_back(std::move(notice));
  }
  // The next commit, if the log has everything up to `sequence`.
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
