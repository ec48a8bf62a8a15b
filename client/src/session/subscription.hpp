// subscription.hpp: one subscription of a session: its inbox, of either mode, and the point from which it can resume.
//
// Resuming   the reader is complete through the revision at which its snapshot ended, and then through each revision
//            that the broker says of the whole session. A reader with an interval is left out of the latter, since a
//            newer state may be due. Revisions belong to one broker instance; another one sends a whole snapshot.
// Thread     the loop's. Owner: Session.
#pragma once

#include <cstdint>
#include <optional>

#include "client/src/session/every_inbox.hpp"
#include "client/src/session/latest_inbox.hpp"
#include "hoiku/client/subscription_statistics.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::client {

// A statement of the broker on the whole session: everything up to `revision` was delivered.
struct Completeness {
  std::uint64_t revision = 0;
  std::uint64_t statements = 0;  // how many there were in this session
};

class Subscription {
 public:
  Subscription(const proto::Subscribe& command, const Limits& limits);

  // All three return whether the reader has something new.
  bool put(const proto::Delivery& delivery);
  bool put(proto::Run run, const proto::SlotTable::Slot& slot);
  bool end_snapshot(const proto::SnapshotEnd& end, std::uint64_t instance, const Completeness& session);

  // `session`: what it was told so far.
  std::optional<InboxItem> take(const Completeness& session);
  // Null for mode every.
  LatestInbox* latest() noexcept { return every_ ? nullptr : &latest_; }
  const SubscriptionStatistics& statistics() const noexcept;

  // Mode every: the count of taken transitions that renews the credit, once half of the credit is used. So the broker
  // neither runs out of credit nor hears of each transition.
  std::optional<std::uint64_t> take_renewal(std::uint64_t credit);

  // Once its command has been sent, the inbox may know something that a later session has to go on from.
  void mark_sent() noexcept { was_sent_ = true; }
  bool was_sent() const noexcept { return was_sent_; }
  // The session is lost; `session` is what it had been told.
  void lose_session(const Completeness& session);
  // Prepares the inbox for a new session at a broker instance. Returns where the broker is to resume, or nothing.
  std::optional<proto::ResumePoint> begin_resync(std::uint64_t instance);
  // Mode every: transitions of earlier sessions that its reader has not taken.
  std::uint64_t unread() const noexcept { return every_ ? every_->unread() : 0; }

  // Within one frame each subscription is announced once.
  bool announce() noexcept { return !std::exchange(announced_, true); }
  void end_frame() noexcept { announced_ = false; }

 private:
  // The revision through which the reader is complete; 0: it is not known to be complete.
  std::uint64_t complete_through(const Completeness& session) const noexcept;

  LatestInbox latest_;
  std::optional<EveryInbox> every_;  // in mode every, in place of the other
  bool has_interval_;
  bool was_sent_ = false;
  bool announced_ = false;
  bool has_taken_unset_ = false;  // so topics may be discarded, once the item's views are not needed any more
  std::uint64_t renewed_ = 0;     // the last count that was sent in this session

  bool snapshot_ended_ = false;               // in this session
  std::uint64_t statements_at_snapshot_ = 0;  // of completeness, when the snapshot ended
  std::optional<proto::ResumePoint> resume_;
};

}  // namespace hoiku::client
