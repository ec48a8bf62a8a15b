// session.hpp: the client's half of a session, as a state machine: commands, frames and the time go in; frames,
// answers and news of subscriptions come out. The corridor that wires the rooms of this folder that never wait.
//
// Promises   every command reaches the broker at most once, in order, as long as the session lives, over any number of
//            connections; all that was submitted since the last frame goes into the next one.
//            When the broker has lost the session: a write that was in flight fails with outcome_unknown and is not
//            sent again; reads are asked again; waits are armed and subscriptions made anew from where they were.
//            Nothing that a broker sends can make it fail: what is wrong comes back as a Failure, and the connection
//            ends.
// A turn     the caller gives receive() each frame that arrives, then sends what take_frame() gives until it is empty.
//            It asks again after a command, and at next_heartbeat().
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

#include "client/src/session/command_queue.hpp"
#include "client/src/session/every_inbox.hpp"
#include "client/src/session/latest_inbox.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/client/reading.hpp"
#include "hoiku/proto/frame_stream.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::client {

struct SessionOptions {
  proto::SessionToken token{};
  std::string client_name;
  std::chrono::milliseconds session_timeout{0};  // 0: the broker's default
  Limits limits;
};

// What a welcome meant.
enum class SessionNews : std::uint8_t {
  opened,     // the first one
  resumed,    // the session went on; nothing was lost
  lost,       // the broker had given the session up; a new one has begun
  restarted,  // it is another run of the broker; a new session has begun
};

// An answer to a request. For a subscription it can only be that it was refused.
struct Completion {
  proto::RequestId id = 0;
  proto::Answer answer;
};

struct Received {
  std::vector<Completion> completions;
  std::vector<proto::RequestId>
      subscriptions;  // whose inboxes have something new, each once; the frame is applied whole. And leases that have begun
  std::optional<SessionNews> session;
  std::optional<Failure> fatal;  // the broker ends the connection, and the session with it
};

class Session {
 public:
  enum class State : std::uint8_t { disconnected, greeting, established };

  explicit Session(SessionOptions options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // ---- Commands. Accepted in every state; the next frame takes them once a session stands.

  // too_large, where the value is over the limit.
  Result<proto::RequestId> set(std::string topic, Value value, std::optional<Version> if_version);
  // Several at once: all of them or none. Errors as above.
  Result<proto::RequestId> commit(std::vector<proto::Write> writes);
  proto::RequestId get(std::string topic);
  proto::RequestId list(std::string pattern, std::uint64_t cursor);
  proto::RequestId list_readers(std::uint64_t cursor);
  // too_large, where the predicate does not fit into a frame. `until`: when nobody waits any more, for the broker's
  // housekeeping: it is told what is left of that when the wait leaves, also for a new session.
  Result<proto::RequestId> wait(std::string topic, std::optional<Predicate> predicate, std::chrono::nanoseconds hold,
                                TimePoint until = never);
  // The first change that matches, behind that version, or, without one, from when the broker has heard of it. In a new
  // session it goes on from there too.
  Result<proto::RequestId> wait_transition(std::string topic, std::optional<Predicate> predicate,
                                           std::optional<Version> after, TimePoint until = never);
  // The same wait once more, from where that one counts, until another time; both stand.
  Result<proto::RequestId> repeat(proto::RequestId wait, TimePoint until);
  // What the topic is to be. Answered once; said again in each new session, together with what was said of the topic before.
  proto::RequestId declare(proto::Declare command);
  // Answered by Owned each time that it begins, and by Failed when it ends, unless it is cancelled. A new session owns it again,
  // where nobody else does.
  Result<proto::RequestId> own(proto::Own command);
  // What messages of a type look like: said once, before all that is submitted later, and again in each new session. Nobody
  // awaits it; a Failed is its only answer. too_large, where it does not fit into a frame.
  Result<void> register_schema(const std::string& message_type, const std::string& files);
  proto::RequestId get_schema(std::string message_type);
  // One pattern, or, `latest`, 2..64 plain names.
  proto::RequestId subscribe(std::vector<std::string> topics, proto::Mode mode = proto::Mode::latest);
  // too_large, where the filter does not fit into a frame.
  Result<proto::RequestId> subscribe(std::vector<std::string> topics, detail::Reading reading);
  // Nobody waits for the answer any more: a wait or a subscription ends at the broker, what is not sent yet never is. A
  // write that is in flight may still be applied. Unknown ids are ignored.
  void cancel(proto::RequestId id);
  // Whether the command is in no frame yet: then cancel() takes it back whole.
  bool is_unsent(proto::RequestId id) const;
  // Of a living `latest` subscription; nullptr otherwise.
  LatestInbox* inbox(proto::RequestId subscription);
  // The next item of a subscription of either mode, or nothing. Of `every`, tells the broker now and then.
  std::optional<InboxItem> take(proto::RequestId subscription);
  const SubscriptionStatistics* statistics(proto::RequestId subscription);

  // Ends the session with the next frame, behind all commands. Nothing else is accepted or answered afterwards.
  void say_goodbye();
  // The broker has acknowledged the goodbye.
  bool gone() const noexcept { return goodbye_ && kept_.size() == 0; }

  // ---- The connection.

  void connected(TimePoint now);
  void disconnected();
  State state() const noexcept { return state_; }
  // A Failure means that the connection has to end: the frame made no sense.
  Result<Received> receive(const proto::ServerFrame& frame, TimePoint now);
  // The next frame to be sent, or nullptr.
  std::shared_ptr<const proto::ClientFrame> take_frame(TimePoint now);
  // When take_frame() will have something although nothing has happened.
  TimePoint next_heartbeat() const;

  // Of the broker that welcomed us last: another one knows nothing of the first one's cursors.
  std::uint64_t run() const noexcept { return run_; }
  bool has_commands() const noexcept { return !queue_.empty(); }
  // Requests and subscriptions that somebody still waits for.
  std::size_t open_requests() const noexcept {
    return requests_.size() - abandoned_ - declared_.size() - registered_.size();
  }

 private:
  struct Subscription {
    Subscription(const std::vector<std::string>& topics, const detail::Reading& reading);
    LatestInbox inbox;
    std::optional<EveryInbox> every;           // of `every`, in place of the inbox
    std::uint64_t renewed = 0;                 // what the broker of this session was told of what was taken
    bool has_interval = false;                 // complete_through says nothing of it
    bool started = false;                      // it was sent once: the inbox may know something
    bool complete = false;                     // the snapshot of this session has ended
    std::uint64_t complete_at = 0;             // how often complete_through had been told by then
    std::optional<proto::ResumePoint> resume;  // up to where the inbox has everything
    bool dirty = false;                        // within one frame
  };
  struct Request {
    enum class Kind : std::uint8_t {
      set,
      commit,
      get,
      list,
      readers,
      schema,
      registration,
      declaration,
      wait,
      change,
      subscription,
      lease
    };
    enum class Stage : std::uint8_t { queued, sent, lost };  // lost: with its session, to be sent anew
    // It has one answer, and is in flight until then: not what is held.
    bool is_one_shot() const noexcept { return kind <= Kind::declaration; }
    bool is_write() const noexcept { return kind <= Kind::commit; }
    Kind kind = Kind::set;
    Stage stage = Stage::queued;
    bool abandoned = false;                 // a one-shot that nobody waits for; its answer will still come
    std::string topic;                      // of a write: the first one
    std::size_t further_topics = 0;         // likewise, of a commit
    std::optional<proto::Command> command;  // what to send anew; nothing for a write, which never is
    TimePoint until = never;                // of a wait; of a lease for a time, once it has begun
    std::unique_ptr<Subscription> subscription;
  };

  Result<void> check_size(const std::string& topic, const Value& value) const;
  Result<proto::RequestId> submit(Request request, proto::Command command);
  void append_commands(TimePoint now);
  std::vector<proto::Command> take_commands(TimePoint now);
  void mark_sent(Request& request, proto::Command& command, TimePoint now);
  std::shared_ptr<const proto::ClientFrame> unnumbered_frame(bool with_hello);

  Result<void> accept_welcome(const proto::ServerFrame& frame, TimePoint now, Received& received);
  void lose_session(Received& received);
  void end_leases_whose_time_is_over(TimePoint now, Received& received);
  void rearm(std::uint64_t run, TimePoint now, Received& received);
  void refuse_what_is_too_large(Received& received);
  void apply_deliveries(const proto::ServerFrame& frame, Received& received);
  void apply_completeness(std::uint64_t revision);
  void renew(proto::RequestId id, Subscription& subscription);
  void apply_answer(const proto::Answer& answer, TimePoint now, Received& received);
  bool apply_first_answer(proto::RequestId id, Request& request, const proto::Answer& answer, TimePoint now,
                          Received& received);
  void forget_registration(const proto::Command& command);
  void remember_declaration(proto::RequestId id, proto::Declare& declared);
  Subscription* subscription(proto::RequestId id);

  SessionOptions options_;
  State state_ = State::disconnected;

  // The session as the broker last described it.
  std::uint64_t incarnation_ = 0;    // of the newest connection
  std::uint64_t session_since_ = 0;  // of the connection with which this session began; 0: there is no session
  bool ever_welcomed_ = false;
  std::uint64_t run_ = 0;
  std::chrono::nanoseconds heartbeat_every_{0};
  std::size_t value_bytes_max_;
  std::size_t frame_bytes_max_;
  std::uint64_t credit_;  // of each `every` subscription

  // What goes out.
  proto::RequestId last_id_ = 0;
  CommandQueue queue_;
  proto::SentFrames<proto::ClientFrame> kept_;
  std::size_t in_flight_ = 0;  // one-shots that were sent and not answered
  bool hello_due_ = false;
  TimePoint last_sent_{};
  bool goodbye_said_ = false;
  bool goodbye_ = false;  // it is in a frame

  // What comes in.
  proto::ReceivedFrames incoming_;
  std::uint64_t acknowledged_ = 0;   // what the broker was told of it
  std::uint64_t complete_told_ = 0;  // how often the broker has sent complete_through, in this session
  std::uint64_t complete_through_ = 0;

  std::unordered_map<proto::RequestId, Request> requests_;
  std::unordered_map<std::string, proto::RequestId> declared_;  // by topic: requests that were answered, and are kept
  std::unordered_set<std::string> registered_;                  // types of messages: each has a request that is kept
  std::size_t abandoned_ = 0;
};

}  // namespace hoiku::client
