// inbox.hpp: where the transitions of one `latest` subscription wait for their reader: one slot per topic.
//
// Promises   a newer version replaces an unread one in its slot, and is counted; no version comes twice, none out of
//            order; `previous` of an item is what this reader took before; of the versions between the two `filtered` did not
//            pass the reader's filter, and `skipped` were replaced; received = taken + conflated + pending, at any time.
//            Memory: two transitions per topic, however slow the reader.
// A resync   after a lost session the broker sends a snapshot again, and says at its end what it means of a topic that
//            was not mentioned since begin_resync(): nothing, where it holds only what changed, or what passes a filter; a whole one: it is not set. (So a filtered
//            reader is not told what vanished with a broker: that it is not set does not pass, as a rule.)
//            Of a filtered reader the first delivery of a topic says from which version on the broker has counted. Where
//            this reader had got further than it was sure to be complete, it cannot tell how many of the versions in
//            between passed: they are all called skipped.
// Thread     the loop's. Owner: Session.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hoiku/client/lagged.hpp"
#include "hoiku/proto/transition.hpp"

namespace hoiku::client {

using TransitionPtr = std::shared_ptr<const Transition>;

struct InboxCounts {
  std::uint64_t received = 0;  // transitions that were new; duplicates are not counted here
  std::uint64_t taken = 0;
  std::uint64_t conflated = 0;  // replaced unread by a newer one
  std::uint64_t pending = 0;
  std::uint64_t duplicates = 0;  // versions that were here already, dropped
  // Versions that were not received, before those that were taken.
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;
  std::uint64_t skipped = 0;  // those that lagged among them
};

// What the broker says with a transition of those before it.
struct Untold {
  std::uint64_t lagged = 0;
  std::uint64_t filtered = 0;
  std::uint64_t counted_from = 0;
};

struct InboxItem {
  TransitionPtr transition;  // null: the end of the snapshot
  TransitionPtr previous;    // null: this reader has not seen the topic before
  std::uint64_t skipped = 0;
  std::uint64_t filtered = 0;
  std::optional<Lagged> lagged;  // of an `every` reader: what it was not given
};

class Inbox {
 public:
  // Plain names have a slot each, found by their position; anything else (a pattern) gets slots as topics turn up.
  explicit Inbox(const std::vector<std::string>& plain_names);
  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Puts a transition into its slot. False where it was dropped: a duplicate, or a member that does not exist.
  bool put(std::uint32_t member, TransitionPtr transition, const Untold& untold = {});
  // `complete`: up to this revision of the same run it has everything, and is told what came after it.
  void begin_resync(std::optional<std::uint64_t> complete = {});
  // True where that made topics vanish, or was the first one.
  bool end_snapshot(std::uint64_t revision, bool whole);
  bool snapshot_seen() const noexcept { return snapshot_seen_; }

  // The next item in the order in which topics became dirty, or nothing.
  std::optional<InboxItem> take();
  // Takes everything that is pending, at once: the reader has looked at newest() instead.
  void take_all();
  // What arrived last for a plain name; null where nothing has yet.
  const TransitionPtr& newest(std::uint32_t member) const { return members_[member].newest; }

  const InboxCounts& counts() const noexcept { return counts_; }

 private:
  struct Slot {
    TransitionPtr newest;
    TransitionPtr taken;
    std::uint64_t filtered = 0;  // since `taken`
    bool pending = false;
    bool confirmed = true;  // mentioned since the resync began
  };

  Slot* slot_for(std::uint32_t member, const std::string& topic);
  void store(Slot& slot, TransitionPtr transition);
  bool unset_unconfirmed(Slot& slot, std::uint64_t revision);
  TransitionPtr mark_taken(Slot& slot);

  std::vector<Slot> members_;                       // of plain names; never resized, so that slots can be pointed to
  std::unordered_map<std::string, Slot> by_topic_;  // of a pattern
  std::deque<Slot*> dirty_;                         // nullptr: the end of the snapshot
  bool snapshot_seen_ = false;
  std::optional<std::uint64_t> complete_;  // when the last resync began
  InboxCounts counts_;
};

// Whether a reader that has `have` knows `got` already.
bool is_duplicate(const Transition& have, const Transition& got) noexcept;
// What a topic is that went with a broker that was restarted. Nobody wrote this transition: so it has no time and no writer,
// and the version that says "never set".
TransitionPtr vanished(const Transition& last, std::uint64_t revision);
// How many versions between the two did not pass, where the broker has said `untold` with the second one, and went on behind
// `have`, or behind what it counts from.
std::uint64_t filtered_between(const TransitionPtr& have, const Transition& got, const Untold& untold) noexcept;
// Versions that a reader who saw `from` missed when it sees `to` next. Across epochs that cannot be known: 0.
std::uint64_t versions_between(const Transition& from, const Transition& to) noexcept;

}  // namespace hoiku::client
