// commit_queue.hpp: the pending writes, in the order of the log, and the writers that are told when they are committed.
//
// Promises   commits leave in the order in which they came, each with all of its writes. A writer that waits is told
//            after the commits that came before, and before those that come later.
// Thread     the core's. Owner: CommitLog.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "broker/core/topics/topic.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// One topic's part of a pending commit. Those of one commit follow one another.
struct PendingWrite {
  std::uint64_t sequence = 0;  // of the commit: its position in the log, which is also its revision
  TopicId topic{};
  State state;
};

// What a writer is told when its commit is committed. Its session may be closed by then.
struct Notice {
  proto::Answer answer() const;

  std::uint64_t sequence = 0;  // it is told when everything up to this commit is committed
  SessionId session{};
  std::uint64_t post_in = 0;                        // of posts: the client frame that they came in; 0: of another write
  proto::RequestId id = 0;                          // of another write, which is answered
  State state;                                      // of a Set
  bool changed = false;                             // of a Set: it has made the state
  std::shared_ptr<const proto::CommitDone> commit;  // of a Commit
};

// The answer to the writer.
inline proto::Answer Notice::answer() const {
  if (commit) return *commit;
  return proto::SetDone{id, version_of(state), revision_of(state), changed};
}

// Commits that the store has, in order.
struct Commits {
  std::vector<PendingWrite> writes;
  std::vector<Notice> notices;
};

// Elements that leave in the order in which they came, many at once.
template <class Element>  // has a `sequence`, which never falls
class SequencedLine {
 public:
  Element& emplace_back() { return elements_.emplace_back(); }
  void push_back(Element element) { elements_.push_back(std::move(element)); }
  bool empty() const noexcept { return elements_.size() == first_; }
  Element& back() noexcept { return elements_.back(); }  // if it is not empty
  // Moves the elements up to `sequence` into `taken`, which is empty.
  void take_through(std::uint64_t sequence, std::vector<Element>& taken) {
    if (empty()) return;
    if (first_ == 0 && back().sequence <= sequence) return elements_.swap(taken);
    const auto begin = elements_.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto end = std::partition_point(begin, elements_.end(),
                                          [&](const Element& element) { return element.sequence <= sequence; });
    taken.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
    first_ += taken.size();
    // With a store that is late, what was taken keeps its memory a while.
    if (first_ * 2 < elements_.size()) return;
    elements_.erase(elements_.begin(), end);
    first_ = 0;
  }

 private:
  std::vector<Element> elements_;  // from first_ on
  std::size_t first_ = 0;
};

class CommitQueue {
 public:
  // The sequence of the next commit.
  std::uint64_t next_sequence() const noexcept { return last_ + 1; }
  // Adds a write to the next commit, which end_commit() ends.
  void add(TopicId topic, State state) {
    writes_.push_back(PendingWrite{next_sequence(), topic, std::move(state)});
    is_begun_ = true;
  }
  bool is_begun() const noexcept { return is_begun_; }  // the next commit has a write
  // Does nothing if the commit has no write.
  void end_commit() noexcept { last_ += std::exchange(is_begun_, false) ? 1 : 0; }
  // The writer waits for all commits that have ended. Its notice gets the sequence.
  void await(Notice notice) {
    notice.sequence = last_;
    notices_.push_back(std::move(notice));
  }
  // As await(), for a post of that client frame. Returns the sequence. The posts of a frame share a notice.
  std::uint64_t await_post(SessionId session, std::uint64_t frame) {
    const bool is_next = notices_.empty() || notices_.back().post_in != frame || notices_.back().session != session;
    Notice& notice = is_next ? notices_.emplace_back() : notices_.back();
    notice.sequence = last_;
    notice.session = session;
    notice.post_in = frame;
    return last_;
  }
  // Takes the commits up to `sequence`. `taken` is empty, and gives its memory to the queue.
  void take_through(std::uint64_t sequence, Commits& taken) {
    writes_.take_through(sequence, taken.writes);
    notices_.take_through(sequence, taken.notices);
  }

 private:
  SequencedLine<PendingWrite> writes_;
  SequencedLine<Notice> notices_;
  std::uint64_t last_ = 0;  // the commit that ended last
  bool is_begun_ = false;
};

}  // namespace hoiku::broker
