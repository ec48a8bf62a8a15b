// backlog.hpp: where the transitions of one `every` subscription wait for their reader: all of them, in order.
//
// Promises   no version comes twice, none out of order; `previous` of an item is what this reader was given before of that
//            topic, and where versions between the two are missing, `lagged` says which, but for those that did not pass the
//            reader's filter: those are only counted. received = taken + pending.
//            Memory: what the broker may send beyond what was taken (its credit), and two transitions per topic.
// A resync   as in inbox.hpp. What was received before it is still given.
// Thread     the loop's. Owner: Session.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "client/src/session/inbox.hpp"

namespace hoiku::client {

class Backlog {
 public:
  explicit Backlog(bool is_filtered = false) : is_filtered_(is_filtered) {}

  // False where it was dropped: a duplicate.
  bool put(TransitionPtr transition, const Untold& untold);
  // `goes_on`: it is told what came after what it has, in the same run.
  void begin_resync(bool goes_on = false);
  // True where that made topics vanish, or was the first one.
  bool end_snapshot(std::uint64_t revision, bool whole);

  std::optional<InboxItem> take();
  // How many of those that this session's broker has sent are no longer here: what may be renewed.
  std::uint64_t taken_of_session() const noexcept;
  const InboxCounts& counts() const noexcept { return counts_; }

 private:
  struct Known {
    TransitionPtr received;
    TransitionPtr taken;
    bool confirmed = true;  // mentioned since the resync began
  };
  struct Entry {
    TransitionPtr transition;  // null: the end of the snapshot
    Known* topic = nullptr;
    Untold untold;
    bool is_first = false;  // of its topic, since the resync began
  };

  void push(Known& topic, TransitionPtr transition, const Untold& untold, bool is_first);
  std::optional<Lagged> gap_before(const Entry& entry, const TransitionPtr& from) const;

  bool is_filtered_;
  bool goes_on_ = false;

  std::unordered_map<std::string, Known> topics_;
  std::deque<Entry> entries_;
  bool snapshot_seen_ = false;
  std::uint64_t arrived_of_session_ = 0;  // duplicates too
  std::uint64_t pushed_of_session_ = 0;
  InboxCounts counts_;
};

}  // namespace hoiku::client
