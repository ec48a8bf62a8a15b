// session.hpp: the client's half of a session, as a state machine: commands, frames and the time go in; frames, answers
// and news of subscriptions come out. It wires the modules of this folder, none of which ever waits.
//
// Promises   while the session lives every command reaches the broker at most once and in order, over any number of
//            connections; what ends a wait or a subscription, or renews a credit, overtakes the others, so it never
//            waits until the broker has answered writes. All that was submitted since the last frame goes into the
//            next one. After a lost session a write that was in flight fails with outcome_unknown and is not sent
//            again; reads are sent again; waits and subscriptions go on from where they were. No frame from a broker
//            makes it fail: an invalid one is returned as a Failure, which ends the connection.
// A turn     the caller gives receive() each frame that arrives, then sends what take_frame() returns until that is
//            null. It asks again after each command, and at next_frame_due().
// Files      session.cpp: commands, and the frames that carry them; receive.cpp: the broker's frames; resume.cpp: what
//            a lost session leaves to the next one.
// Thread     one; reads no clock. Owner: BusCore (bus_core.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "client/src/session/acknowledgement.hpp"
#include "client/src/session/command_queue.hpp"
#include "client/src/session/posted.hpp"
#include "client/src/session/request.hpp"
#include "client/src/session/settlement.hpp"
#include "client/src/session/subscription.hpp"
#include "client/src/session/write_packer.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/client/subscription_statistics.hpp"
#include "hoiku/proto/frame_stream.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/slot_table.hpp"

namespace hoiku::client {

struct SessionOptions {
  proto::SessionToken token{};
  std::string client_name;
  std::chrono::milliseconds session_timeout{0};  // 0: the broker's default
  Limits limits;
};

// The meaning of a Welcome.
enum class SessionNews : std::uint8_t {
  opened,     // the first session
  resumed,    // the session went on; nothing was lost
  lost,       // the session had expired at the broker; a new one has begun
  restarted,  // another broker instance answered; a new session has begun
};

// An answer to a request. A subscription is only answered if it is refused.
struct Completion {
  static Completion failed(proto::RequestId id, Failure failure);

  proto::RequestId id = 0;
  proto::Answer answer;
};

// The news of one frame. It is applied whole before the caller sees any of it.
struct Received {
  std::vector<Completion> completions;
  proto::RequestId posts_settled = 0;  // every post up to this one is settled, if it was not refused; 0: as before
  std::vector<proto::RequestId> news;  // subscriptions whose inboxes have something new, and leases that have begun
  std::optional<SessionNews> session;
  std::optional<Failure> fatal;  // the broker ends the connection, and with it the session
};

// Error: invalid_argument, if the value is a string that is not UTF-8.
Result<void> check_text(const std::string& topic, const ValueView& value);

class Session {
 public:
  enum class State : std::uint8_t { disconnected, greeting, established };

  explicit Session(SessionOptions options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // ---- Commands. Accepted in every state; they leave with the next frame of an established session.

  // Queues a command that is answered or stays open (command_traits.hpp), and numbers it.
  //   Set, Commit        never sent twice; a Set that is a post has a completion only if it failed
  //   Wait, WaitTransition   `until` is when the caller stops waiting. The broker is told what is left of that when the
  //                      wait is sent, in each session, for its housekeeping. A WaitTransition goes on in a new session
  //                      from the version at which it was armed.
  //   Declare, RegisterSchema   kept after their answer, and sent again in each session
  //   Own                answered by Owned each time that it begins, and by Failed when it ends, unless it was
  //                      cancelled. A new session owns the topic again if no other does.
  // Errors: too_large, if a value is over the broker's limit or the command does not fit into a frame.
  Result<proto::RequestId> submit(proto::Command command, TimePoint until = never);
  // Queues a post without a source time, which cannot be cancelled, at a fraction of the cost of submit(). Errors:
  // those of submit().
  Result<proto::RequestId> post(const std::string& topic, const ValueView& value);
  // Submits an open wait a second time, with another `until`; both stay open, and count from the same version.
  Result<proto::RequestId> repeat(proto::RequestId wait, TimePoint until);
  // Whether a RegisterSchema for this type was submitted, and not refused.
  bool is_registered(const std::string& message_type) const { return registered_.contains(message_type); }
  // The caller has left: an open request ends at the broker, an unsent command is never sent. A write that is in flight
  // may still be applied. Unknown ids are ignored.
  void cancel(proto::RequestId id);
  // Whether the command is in no frame yet, so that cancel() takes it back whole, unless post() has queued it.
  bool is_unsent(proto::RequestId id) const;

  // The inbox of an open `latest` subscription; null otherwise.
  LatestInbox* latest_inbox(proto::RequestId subscription);
  // The next item of a subscription of either mode, or nothing; inbox.hpp says how long its views last. May renew the
  // credit of an `every` subscription.
  std::optional<InboxItem> take(proto::RequestId subscription);
  // Null if the subscription is not open.
  const SubscriptionStatistics* statistics(proto::RequestId subscription) const;

  // The caller waits for the outcome of its posts: the broker is asked to tell it at once.
  void ask_for_settlement();

  // Ends the session with the next frame, after all commands. Nothing is accepted or answered afterwards.
  void say_goodbye();
  bool goodbye_acknowledged() const noexcept { return goodbye_sent_ && kept_.size() == 0; }

  // ---- The connection

  void connected(TimePoint now);
  void disconnected();
  State state() const noexcept { return state_; }
  // `frame_bytes` is the frame's size. A Failure means that the frame was invalid, and that the connection has to end.
  Result<Received> receive(proto::ServerFrame frame, std::size_t frame_bytes, TimePoint now);
  // The next frame to send, or null.
  std::shared_ptr<const proto::ClientFrame> take_frame(TimePoint now);
  // When take_frame() will return a frame although nothing has happened.
  TimePoint next_frame_due() const;

  // The broker instance that welcomed us last. Cursors mean nothing to another one.
  std::uint64_t instance_id() const noexcept { return instance_id_; }
  bool has_commands() const noexcept { return !queue_.empty(); }
  // Requests whose callers have not left.
  std::size_t open_requests() const noexcept {
    return requests_.size() + posted_.size() - abandoned_ - declared_.size() - registered_.size();
  }

 private:
  // session.cpp
  void push_ending(const proto::Command& opened);
  void append_commands(TimePoint now);
  std::vector<proto::Command> take_commands(TimePoint now);
  void mark_sent(Request& request, proto::Command& command, TimePoint now);
  std::shared_ptr<const proto::ClientFrame> unnumbered_frame(bool with_hello);
  void renew_credit(proto::RequestId id, Subscription& subscription);
  Subscription* subscription(proto::RequestId id) const;

  // receive.cpp
  Result<void> accept_welcome(const proto::ServerFrame& frame, TimePoint now, Received& received);
  void adopt_limits(const proto::Welcome& welcome);
  void reject_oversized_commands(Received& received);
  void apply_deliveries(proto::ServerFrame& frame, Received& received);
  void apply_answer(const proto::Answer& answer, TimePoint now, Received& received);
  bool keep_after_answer(proto::RequestId id, Request& request, const proto::Answer& answer, TimePoint now,
                         Received& received);
  void keep_declaration(proto::RequestId id, proto::Declare& declared);

  // resume.cpp
  void lose_session(Received& received);
  void expire_leases(TimePoint now, Received& received);
  void rearm(std::uint64_t instance_id, TimePoint now, Received& received);

  SessionOptions options_;
  State state_ = State::disconnected;

  // The session as the broker last described it.
  std::uint64_t connection_number_ = 0;  // of the newest connection
  std::uint64_t first_connection_ = 0;   // with which this session began; 0: there is no session
  bool ever_welcomed_ = false;
  std::uint64_t instance_id_ = 0;
  std::chrono::nanoseconds heartbeat_every_{0};
  std::size_t value_bytes_max_;
  std::size_t frame_bytes_max_;
  std::uint64_t credit_;  // of each `every` subscription

  // Outgoing.
  proto::RequestId last_id_ = 0;
  CommandQueue queue_;
  proto::SentFrames<proto::ClientFrame> kept_;
  std::size_t in_flight_ = 0;  // one-shots that were sent and not answered
  Posted posted_;
  Settlement settlement_;
  WritePacker packer_;
  bool hello_due_ = false;
  TimePoint last_sent_{};
  bool goodbye_queued_ = false;
  bool goodbye_sent_ = false;  // it is in a frame

  // Incoming.
  proto::ReceivedFrames incoming_;
  Acknowledgement acknowledgement_;
  Completeness completeness_;
  proto::SlotTable slots_;

  std::unordered_map<proto::RequestId, Request> requests_;
  std::unordered_map<std::string, proto::RequestId> declared_;  // by topic: answered declarations, which are kept
  std::unordered_set<std::string> registered_;                  // message types; each has a request that is kept
  std::size_t abandoned_ = 0;
};

}  // namespace hoiku::client
