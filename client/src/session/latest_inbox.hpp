// latest_inbox.hpp: the transitions that one `latest` subscription has received and not yet taken: one slot per topic.
//
// Promises   a newer version replaces an unread one in its slot, and is counted; no version comes twice or out of
//            order. `previous` of an item is the transition that the reader took before. Between the two, `filtered`
//            versions did not pass the reader's filter, and `skipped` ones were replaced. received == taken +
//            conflated + pending, at any time.
// Resync     after a lost session the broker sends a snapshot again. Its end says whether it was whole: then a topic
//            that was not mentioned since begin_resync() is unset. A resumed snapshot mentions only what changed, and a
//            filtered one only what passes, so they say nothing of the others. (A filtered reader therefore does not
//            hear which topics a restarted broker no longer has.)
// Filters    the first delivery of a topic after a resync says at which version the broker's counts begin. A topic past
//            the resume point overlaps with those counts: then all versions in between count as skipped.
// Limits     two transitions per topic, however slow the reader is. Of a pattern's topics that are unset, only some are
//            kept: unset_topics.hpp.
// Thread     the loop's. Owner: Session.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/src/session/inbox.hpp"
#include "client/src/session/unset_topics.hpp"
#include "hoiku/client/subscription_statistics.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::client {

class LatestInbox {
 public:
  // Each plain name has a slot at its position. Without plain names (for a pattern) slots are made as topics turn up.
  explicit LatestInbox(const std::vector<std::string>& plain_names,
                       std::size_t unset_topics_max = Limits{}.unset_topics_max);
  LatestInbox() : LatestInbox(std::vector<std::string>{}) {}
  LatestInbox(const LatestInbox&) = delete;
  LatestInbox& operator=(const LatestInbox&) = delete;

  // Puts a transition into its slot. Returns false if it was dropped: a duplicate, or a member that does not exist.
  bool put(std::uint32_t member, TransitionPtr transition, const GapCounts& counts = {});
  // `complete_through`: the revision of this broker instance up to which the reader has everything, if it resumes
  // there.
  void begin_resync(std::optional<std::uint64_t> complete_through = {});
  // Returns whether the reader has something new: unset topics, or its first end of a snapshot.
  bool end_snapshot(std::uint64_t revision, bool whole);
  bool snapshot_seen() const noexcept { return snapshot_seen_; }

  // The next item, in the order in which topics changed, or nothing.
  std::optional<InboxItem> take();
  // Takes everything that is pending: the reader has looked at latest() instead.
  void take_all();
  // Discards unset topics that are not needed any more. `complete_through`: no session will resume before it.
  void trim(std::uint64_t complete_through);
  std::size_t topics() const noexcept { return members_.size() + by_topic_.size(); }
  // The last transition that arrived for a plain name, or null.
  const TransitionPtr& latest(std::uint32_t member) const { return members_[member].latest; }

  const SubscriptionStatistics& statistics() const noexcept { return statistics_; }

 private:
  struct Slot {
    TransitionPtr latest;
    TransitionPtr taken;
    std::uint64_t filtered = 0;  // since `taken`
    bool pending = false;
    bool confirmed = true;  // mentioned since the resync began
  };

  Slot* slot_for(std::uint32_t member, const std::string& topic);
  bool is_past_resume_point(const Slot& slot) const noexcept;
  void store(Slot& slot, TransitionPtr transition);
  bool unset_unconfirmed(Slot& slot, std::uint64_t revision);
  TransitionPtr mark_taken(Slot& slot);

  std::vector<Slot> members_;                       // for plain names; never resized: slots are pointed to
  std::unordered_map<std::string, Slot> by_topic_;  // for a pattern
  std::deque<Slot*> dirty_;                         // nullptr: the end of the snapshot
  TransitionView given_;                            // the transition of the last item
  TransitionPtr given_before_;                      // what that item calls `previous`
  UnsetTopics unset_;
  bool snapshot_seen_ = false;
  std::optional<std::uint64_t> complete_through_;  // at the last resync
  SubscriptionStatistics statistics_;
};

}  // namespace hoiku::client
