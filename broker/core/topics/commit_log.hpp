// commit_log.hpp: writes topics: makes the revision and the record of each commit, and commits it when the store has
// the record.
//
// Promises   a topic's pending state is the one that apply() made last; the committed state changes in commit() only,
//            in the log's order. No answer reveals a state that is not in the log yet: a write that is equal to a
//            pending state is answered when everything that came before it is committed.
// Thread     the core's. Owner: Core; the tables, the limits and the time are kept by reference.
// Limits     values_bytes_max, for the pending values of all topics and all last wills together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/topics/commit_queue.hpp"
#include "broker/core/topics/history.hpp"
#include "broker/core/topics/leases.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class CommitLog {
 public:
  CommitLog(const Limits& limits, TopicTable& topics, Histories& histories, const Leases& leases, const Instant& now)
      : limits_(limits), topics_(topics), histories_(histories), leases_(leases), now_(now) {}

  // ---- Writing

  // The revision of the commit that end_commit() ends next.
  std::uint64_t next_revision() const noexcept { return queue_.next_sequence(); }
  // Checks that values of `added` bytes may replace values of `removed` bytes; values that do not grow are always
  // allowed. `topic` is for the error: limit_exceeded.
  Result<void> check_room(const std::string& topic, std::size_t added, std::size_t removed) const;
  // Makes `update`, which Topic::check() allows, the topic's pending state. If that changes the topic, it is a part of
  // the next commit, which end_commit() ends.
  Topic::Applied apply(TopicId topic, const Update& update);
  // Ends the commit of what apply() has changed since the last one. Does nothing if that is nothing.
  void end_commit() noexcept { queue_.end_commit(); }
  // The writer of an ended commit, or of a value that is equal to a pending state, is told when all commits that have
  // ended are committed.
  void await(Notice notice) { queue_.await(std::move(notice)); }
  // As await(), for a post of that client frame. Returns the sequence of the last of these commits.
  std::uint64_t await_post(SessionId session, std::uint64_t frame) { return queue_.await_post(session, frame); }

  // Writes of the broker itself: apply() without a condition, to be followed by end_commit(). A value that is not of
  // the topic's type changes nothing.
  void write_internal(TopicId topic, const ValueView& value, Quality quality, const SharedText& writer,
                      const std::optional<WallTime>& source_time = {});

  // ---- Committing

  std::vector<Record> take_records();
  // Takes the next commits: those whose records the store has, up to `sequence`. `taken` is empty.
  void take_through(std::uint64_t sequence, Commits& taken) { queue_.take_through(sequence, taken); }
  // Commits one topic of a commit that was taken. Returns the state that it replaced.
  State commit(const PendingWrite& write, TimePoint at);
  // All topics of the commit `revision` are committed.
  void committed(std::uint64_t revision) noexcept;

  std::uint64_t revision() const noexcept { return revision_; }  // the revision of the last commit()
  std::uint64_t commits() const noexcept { return commits_; }

 private:
  const Limits& limits_;
  TopicTable& topics_;
  Histories& histories_;
  const Leases& leases_;
  const Instant& now_;
  CommitQueue queue_;
  std::vector<Record> records_;  // not taken by take_records() yet, also of the commit that has begun
  std::uint64_t revision_ = 0;
  std::uint64_t commits_ = 0;
  std::size_t values_bytes_ = 0;  // the size of the pending values of all topics
};

// The bytes of the topic's pending value, which a write replaces.
std::size_t value_bytes(const Topic& topic) noexcept;

}  // namespace hoiku::broker
