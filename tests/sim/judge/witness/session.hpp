// session.hpp: what the witness has observed of a session: its frames, and what it keeps open or waits for.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hoiku/proto/slot_table.hpp"
#include "tests/proto/named_writes.hpp"
#include "tests/sim/judge/model.hpp"

namespace hoiku::model {

struct Moment {
  std::uint64_t step = 0;
  TimePoint at{};
};

struct Reader {
  using Key = std::pair<std::uint32_t, std::string>;  // member and topic
  // The time at which a delivery was built. Over a broken connection only its bounds are known.
  struct Build {
    TimePoint earliest{};
    TimePoint latest{};
    std::uint64_t connection_number = 0;
  };

  proto::Subscribe command;
  std::uint64_t opened_at = 0;     // revision
  std::uint64_t opened_after = 0;  // the revision before that instant, all of which was visible then
  std::uint64_t opened_step = 0;
  std::optional<std::uint64_t> resumed_from;
  bool ended = false;
  std::uint64_t ended_at = 0;  // revision
  std::uint64_t ended_step = 0;
  std::uint64_t sent = 0;             // mode every: transitions
  std::uint64_t taken = 0;            // as the client reported
  std::uint64_t unread = 0;           // transitions of earlier sessions when it was opened, as the client reported
  std::map<Key, std::uint64_t> seen;  // the revision sent last
  std::map<Key, Build> builds;        // for readers with an interval
  std::uint64_t met_by = 0;           // the revision at the end of its snapshot: it had all topics by then
  std::uint64_t told = 0;             // deliveries
  // Counts over earlier frames: deliveries of topics that it had been sent before, and the counts in them.
  std::uint64_t told_on = 0;
  // The same two when each frame was sent that is not acknowledged, and in all that are.
  struct Told {
    std::uint64_t at_least = 0;
    std::uint64_t at_most = 0;
  };
  std::map<std::uint64_t, Told> told_through;
  Told told_acknowledged;
  std::uint64_t told_filtered = 0;
  std::uint64_t told_lagged = 0;
  std::set<Key> counted;  // their topics
};

struct Waiter {
  proto::Wait command;
  TimePoint armed{};
  std::uint64_t earliest = 0;  // armed at one of these revisions, which are of one instant
  std::uint64_t latest = 0;
};

// A wait for a transition.
struct TransitionWaiter {
  proto::WaitTransition command;
  TimePoint armed{};
  std::uint64_t earliest = 0;  // as above: without `after`, it counts from one of these
  std::uint64_t latest = 0;
  bool told_from = false;  // the broker has sent where it counts from
};

// A frame as it was first sent.
struct KeptFrame {
  std::string content;
  bool is_batch = false;
  std::size_t value_bytes = 0;
};

struct Request {
  enum class Kind { set, commit, get, list, readers, declare, schema };
  Kind kind = Kind::set;
  std::vector<std::string> topics;         // one, or those of a commit; for a list: its pattern
  std::vector<Model::SetResult> expected;  // for a write: one for each topic, or the one error
  std::uint64_t earliest = 0;              // for a get or list: it shows states from then on
  TimePoint at{};
  std::uint64_t cursor = 0;     // for a list
  std::uint64_t posted_in = 0;  // for a post, which is answered only if it is refused: its client frame
  bool may_be_done = false;     // for an Undeclare: instead of the expected error
};

// The pages of a list so far; of two lists that have the same next page, those of the later one.
struct Pages {
  std::uint64_t earliest = 0;  // of the first page
  std::set<std::string> listed;
};

// A lease, and what the client has to hear of it.
struct LeaseWatch {
  std::optional<ErrorCode> refused;  // the lease never begins
  bool is_told = false;              // the client has heard that it has begun, or why not
  bool is_lost = false;
  TimePoint at{};  // of the last of these
};

struct Session {
  // The client asks for a reply at once: to all that it has sent until now.
  void asks(TimePoint instant) {
    for (auto& [frame, due] : posts_due) due = std::min(due, instant);
  }
  // The last client frame whose posts have to be settled by then; 0: none.
  std::uint64_t take_posts_due(TimePoint instant) {
    std::uint64_t last = 0;
    for (const auto& [frame, due] : posts_due) last = due <= instant ? frame : last;
    posts_due.erase(posts_due.begin(), posts_due.upper_bound(std::max(last, settled)));
    return last;
  }

  proto::SessionToken token{};
  std::string name;
  std::optional<std::uint64_t> peer;
  std::uint64_t connection_number = 0;
  std::uint64_t first_connection = 0;
  std::chrono::milliseconds timeout{0};
  TimePoint last_heard{};
  bool resumed = false;                          // the answer to its last hello
  bool tie = false;                              // silent for exactly its timeout: either is right
  bool expired = false;                          // its wills were executed
  bool welcomed = false;                         // on this connection
  std::uint64_t received = 0;                    // client frames that count
  std::map<std::uint64_t, TimePoint> posts_due;  // those of them that had a post, and when it has to be settled
  std::uint64_t settled = 0;                     // as the broker has said
  std::uint64_t sent = 0;
  std::uint64_t resent = 0;  // on this connection
  std::uint64_t acknowledged = 0;
  std::map<std::uint64_t, KeptFrame> kept;
  proto::SlotTable slots;
  proto::NamedWrites writes;
  std::optional<Moment> full;  // when a frame was built that may still wait for room
  std::map<proto::RequestId, Request> requests;
  std::map<std::pair<std::string, std::uint64_t>, Pages> pages;  // by the pattern and the cursor of the next page
  std::map<proto::RequestId, Reader> readers;
  std::map<proto::RequestId, Waiter> waiters;
  std::map<proto::RequestId, TransitionWaiter> transition_waiters;
  std::map<proto::RequestId, LeaseWatch> leases;
  std::map<proto::RequestId, TimePoint> gone;  // closed readers and cancelled waits, and when

  // Returns true if a frame that was built at that moment may still contain a closed reader or a cancelled wait.
  bool was_there(proto::RequestId id, const Moment& built) const {
    const auto found = gone.find(id);
    return found != gone.end() && found->second >= built.at;
  }
};

}  // namespace hoiku::model
