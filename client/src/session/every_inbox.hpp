// every_inbox.hpp: the transitions that one `every` subscription has received and not yet taken: all of them, in order.
//
// Promises   no version comes twice or out of order. `previous` of an item is the transition that the reader was given
//            before of that topic; `lagged` says which versions between the two are missing. A reader that was complete
//            before the resync misses all versions of a topic that it has not seen. Versions that did not pass the
//            reader's filter are not missing: they are counted. received == taken + pending.
// Resync     as in latest_inbox.hpp; transitions that were received before it are still given.
// Credit     what was not taken when a session was lost counts against the credit of the next one.
// Cost       a run stays encoded until its reader takes its transitions.
// Limits     the reader's credit, beyond what it has taken, and two transitions per topic. Of topics that are unset,
//            only some are kept: unset_topics.hpp.
// Thread     the loop's. Owner: Session.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "client/src/session/inbox.hpp"
#include "client/src/session/unset_topics.hpp"
#include "hoiku/client/subscription_statistics.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/run_reader.hpp"
#include "hoiku/proto/slot_table.hpp"

namespace hoiku::client {

class EveryInbox {
 public:
  explicit EveryInbox(bool is_filtered = false, std::size_t unset_topics_max = Limits{}.unset_topics_max)
      : is_filtered_(is_filtered), unset_(unset_topics_max) {}

  // Returns false if the transition was dropped as a duplicate.
  bool put(TransitionPtr transition, const GapCounts& counts);
  // Puts all transitions of a run. Returns false if all were dropped.
  bool put(proto::Run run, const proto::SlotTable::Slot& slot);
  // `resumes`: the broker goes on after what this inbox has, at the same instance.
  void begin_resync(bool resumes = false);
  // Returns whether the reader has something new: unset topics, or its first end of a snapshot.
  bool end_snapshot(std::uint64_t revision, bool whole);

  // The next item, or nothing.
  std::optional<InboxItem> take();
  // Transitions of earlier sessions that were not taken when this session began.
  std::uint64_t unread() const noexcept { return unread_; }
  // How many transitions were taken in this session, of the unread ones and of its own: the credit that may be renewed.
  std::uint64_t taken_in_session() const noexcept;
  // As for LatestInbox.
  void trim(std::uint64_t complete_through);
  std::size_t topics() const noexcept { return topics_.size(); }
  const SubscriptionStatistics& statistics() const noexcept { return statistics_; }

 private:
  struct TopicState {
    std::optional<Version> received;
    // The state that the reader was given last. Its value is of the entry that is taken now, of `whole`, or of `copy`.
    std::optional<InboxItem::Previous> taken;
    TransitionPtr whole;
    Value copy;
    bool confirmed = true;  // mentioned since the resync began
  };
  // An arrival: a transition, a run of them, or, without a topic, the end of the snapshot.
  struct Entry {
    TopicState* topic = nullptr;
    TransitionPtr whole;
    std::unique_ptr<proto::RunReader> run;
    std::size_t left = 0;   // transitions that were not taken
    GapCounts counts;       // before the first of them
    bool is_first = false;  // of its topic, since the resync began
    bool is_begun = false;  // one of its transitions was taken
  };

  void push(TopicState& topic, TransitionPtr transition, const GapCounts& counts, bool is_first);
  void push(Entry entry, const Version& last);
  std::optional<Lagged> gap_before(const Entry& entry, const Version& to,
                                   const std::optional<InboxItem::Previous>& from) const;
  // Lets go of the entry whose last transition was taken before.
  void retire();

  bool is_filtered_;
  bool resumes_ = false;
  bool starts_over_ = false;  // until the snapshot's end: this inbox was complete at another instance

  std::unordered_map<std::string, TopicState> topics_;
  std::deque<Entry> entries_;
  bool is_front_taken_ = false;  // all its transitions were; the views of the last one are of it
  TransitionView whole_;         // of an item that is not of a run
  bool snapshot_seen_ = false;
  UnsetTopics unset_;
  std::uint64_t unread_ = 0;
  std::uint64_t arrived_in_session_ = 0;  // includes duplicates, and topics that a snapshot did not mention
  SubscriptionStatistics statistics_;
};

}  // namespace hoiku::client
