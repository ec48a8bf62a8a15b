// session.hpp: one client's presence at the broker: what it asked for, what it is owed, and where its two streams stand.
//
// Owner: SessionTable. It survives its connections; core_sessions.cpp opens, resumes and closes it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/readers/slots.hpp"
#include "broker/core/sessions/outbox.hpp"
#include "broker/core/timers.hpp"
#include "broker/core/topics/leases.hpp"
#include "broker/core/types.hpp"
#include "broker/core/waits/wait.hpp"
#include "hoiku/proto/frame_stream.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// A wait for a change that may have happened, which is looked for in a later turn. It keeps its topic.
struct PostponedWait {
  proto::WaitTransition command;
  Version looked_through;  // the change is behind this version
  TimePoint arrived{};
  TopicId topic{};
};

// A subscription, a wait, one that is postponed, or a lease, by the request that made it; exactly one of them.
struct Held {
  std::unique_ptr<Subscription> subscription;
  std::unique_ptr<Wait> wait;
  std::unique_ptr<Lease> lease;
  std::unique_ptr<PostponedWait> postponed;
  std::size_t bytes = 0;  // of its predicate or last will, counted in the session's held_bytes
};

struct Session : Timer {
  Session(SessionId session_id, const proto::SessionToken& session_token, const Limits& limits)
      : id(session_id), token(session_token), outbox(limits) {}

  // Of a request that is not held yet.
  Held& hold(proto::RequestId request, std::size_t bytes) {
    Held& made = held[request];
    made.bytes = bytes;
    held_bytes += bytes;
    return made;
  }
  void let_go(proto::RequestId request) noexcept {
    const auto found = held.find(request);
    if (found == held.end()) return;
    held_bytes -= found->second.bytes;
    held.erase(found);
  }

  const SessionId id;
  const proto::SessionToken token;
  std::string name;               // the client's: a label
  std::uint64_t since = 0;        // the incarnation with which it began
  std::uint64_t incarnation = 0;  // of its newest connection
  std::optional<PeerId> peer;     // that connection, while it stands
  std::chrono::milliseconds timeout{0};
  TimePoint last_heard{};

  proto::ReceivedFrames received;
  bool ack_due = false;
  bool was_broken_off = false;  // its last connection ended with a fatal error: perhaps the client has given it up
  bool overrun = false;         // it sends requests without end and takes no answers: it is to be closed
  Outbox outbox;
  // Changed by hold() and let_go(). Sorted: clients choose the ids, and could choose those that share a place in a hash table.
  std::map<proto::RequestId, Held> held;
  std::size_t held_bytes = 0;
  std::deque<proto::RequestId> postponed;  // its postponed waits, in their order; some may have gone meanwhile
  bool scan_waits = false;                 // for the next turn
  std::vector<Subscription*> scanning;     // that have not met all of their topics yet
};

}  // namespace hoiku::broker
