// session.hpp: one client at the broker: its open requests, its pending answers, and the state of its two frame
// streams.
//
// Owner      SessionTable. A session survives its connections; handshake.cpp opens, resumes and closes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/outbox/outbox.hpp"
#include "broker/core/sessions/frame_rest.hpp"
#include "broker/core/sessions/open_requests.hpp"
#include "broker/core/sessions/peer_table.hpp"
#include "broker/core/sessions/pending_posts.hpp"
#include "broker/core/sessions/topic_numbers.hpp"
#include "broker/core/timers.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/frame_stream.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

struct Session;

// Ends the wait for a frame with which an acknowledgement can travel.
struct AcknowledgementTimer : Timer {
  explicit AcknowledgementTimer(Session& owner) : session(owner) {}
  Session& session;
};

struct Session : Timer {
  // The limits, the connections and the totals are kept by reference.
  Session(SessionId session_id, const proto::SessionToken& session_token, const Limits& session_limits,
          PeerTable& peer_table, OutboxTotals& totals)
      : id(session_id),
        token(session_token),
        limits(session_limits),
        peers(peer_table),
        outbox(session_limits, totals) {}

  // Queues the session's connection, if it has one, for output.
  void wake() {
    if (!peer) return;
    if (Peer* connected = peers.find(*peer)) peers.make_ready(*connected);
  }
  void answer(proto::Answer answer, AnswerBudget budget) {
    outbox.answer(std::move(answer), budget);
    wake();
  }
  // Refuses a post of the client frame that is being executed.
  void refuse_post(proto::Failed refusal) {
    outbox.refuse_post(std::move(refusal), received.last());
    wake();
  }
  // The client wants to hear at once of what it has sent so far.
  void ask_for_reply() {
    asked_through = received.last();
    reply_now();
  }
  void reply_now() {
    ack_due = true;
    wake();
  }
  // The last client frame of which all commands are executed.
  std::uint64_t executed() const noexcept { return executing != 0 ? executing - 1 : received.last(); }
  // Whether a part of a client frame waits for a later turn.
  bool is_behind() const noexcept { return rest != nullptr; }
  // Whether the client waits for the outcome of posts.
  bool is_asked() const noexcept { return posts.settled_through(executed()) < asked_through; }
  // The last client frame whose posts are committed or refused; 0: the client sends no posts.
  std::uint64_t decided() const noexcept { return sends_posts ? posts.settled_through(executed()) : 0; }
  // The last client frame whose posts are settled: each refusal is in a frame, too.
  std::uint64_t settled() const noexcept { return outbox.settled_through(decided()); }
  // The posts that wait for the store, or whose refusals are not acknowledged.
  std::size_t unsettled_posts() const noexcept { return outbox.refused_posts() + posts.size(); }

  // Nothing is lost for its client if it closes: no open request, no lease, no command that waits, no answer that it
  // has not acknowledged, no post that waits for the store. (Its client may not have heard yet which of the others were
  // applied.)
  bool holds_nothing() const noexcept {
    return requests.size() == 0 && !is_behind() && outbox.requests_in_flight() == 0 && outbox.reader_answers() == 0 &&
           unsettled_posts() == 0 && outbox.acknowledged() == outbox.last_number();
  }

  const SessionId id;
  const proto::SessionToken token;
  const Limits& limits;
  PeerTable& peers;
  SharedText name;                      // the client's name
  std::uint64_t first_connection = 0;   // the connection number with which the session began
  std::uint64_t connection_number = 0;  // the number of the newest connection
  std::optional<PeerId> peer;           // the newest connection, while it is open
  std::string origin;                   // see Core::receive()
  std::uint64_t away = 0;               // numbers the ends of connections, while the session waits for the next one
  std::chrono::milliseconds timeout{0};
  TimePoint last_heard{};

  proto::ReceivedFrames received;
  std::uint64_t executing = 0;  // the client frame that is being executed, or waits in `rest`; 0: none
  std::unique_ptr<FrameRest> rest;
  bool ack_due = false;                   // an acknowledgement leaves now, alone if need be
  AcknowledgementTimer ack_timer{*this};  // one leaves later
  std::uint64_t asked_through = 0;        // the client waits for the outcome of its posts in the frames up to this one
  bool was_rejected = false;  // the last connection ended with an error: the client may have given up the session
  bool overrun = false;       // the client sends requests and does not acknowledge answers: the core closes the session
  TopicNumbers topic_numbers;
  bool sends_posts = false;
  PendingPosts posts;
  Outbox outbox;
  OpenRequests requests;
  std::set<TopicId> declared;              // topics; the broker keeps each declaration as long as a declarer is open
  std::deque<proto::RequestId> postponed;  // waits, in order of arrival; some may have ended
  bool scan_waits = false;                 // the scan continues in the next turn
  std::vector<Subscription*> scanning;     // subscriptions that have not met all of their topics yet
};

}  // namespace hoiku::broker
