// bus_core.hpp: what stands behind the handles of one Bus: the session, the tasks that wait on it, and the connection.
//
// Promises   a task that stops waiting takes its request back in the same instant; nothing of a reader runs after it is
//            gone. All that the tasks of one tick asked for goes out in one frame, at once.
// Thread     the loop's. Owner: shared by the handles and, while it serves, by the attendant of the nursery.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/src/bus/posts.hpp"
#include "client/src/session/session.hpp"
#include "hoiku/async/async_value.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/client/bus.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/link/link.hpp"
#include "hoiku/proto/schema.hpp"

namespace hoiku::client {

// Throws what the failure means to a program: VersionConflict, TypeMismatch, or Error.
[[noreturn]] void throw_failure(const proto::Failed& failed);
std::exception_ptr error_of(const proto::Failed& failed) noexcept;

// Who reads a subscription, or holds a lease. The two calls come from the connection's task: take notes, wake somebody, nothing more.
class Reader {
 public:
  virtual void arrived() noexcept = 0;
  virtual void ended(std::exception_ptr why) noexcept = 0;  // refused, or the Bus has ended; comes once, and last

 protected:
  ~Reader() = default;
};

class BusCore {
 public:
  BusCore(std::shared_ptr<link::Connector> connector, detail::ConnectOptions options);
  ~BusCore();
  BusCore(const BusCore&) = delete;
  BusCore& operator=(const BusCore&) = delete;

  // ---- For the verbs. Where the Bus has ended they throw Closed, or what ended it.

  bool has_ended() const noexcept { return ended_ != nullptr; }

  // The broker instance that the session is with.
  std::uint64_t instance_id() const noexcept { return session_.instance_id(); }

  // Tells the broker of a message type, once. If the broker refuses, the nursery ends with its error, as for a post.
  void register_schema(const MessageSchema& schema);

  // A write that nobody awaits; with latest_only, in place of the one of this kind and topic that has not left yet. Throws
  // Error(limit_exceeded) where too many are on their way.
  void post(std::string topic, Value value, bool latest_only);
  Task<> writable();
  Task<> flush();

  // One request, while its task waits for the answer. Taken back if the task leaves before.
  class Pending {
   public:
    // Submits the command; `until` as in Session::submit.
    Pending(BusCore& bus, proto::Command command, TimePoint until = never);
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    auto wait() noexcept { return done_.wait(); }
    // The same for a wait that was submitted with `until`. The scopes of the task decide when it really ends: if they were
    // given more time meanwhile, the broker is asked again.
    Task<> wait_renewing();
    // After a wait: the answer. Throws if it is an error.
    template <class Answer>
    Answer take() {
      return std::get<Answer>(take_answer());
    }

   private:
    friend class BusCore;
    proto::Answer take_answer();
    void renew();
    void take_back(proto::RequestId id) noexcept;
    BusCore& bus_;
    TimePoint until_;
    proto::RequestId id_;
    proto::RequestId earlier_ = 0;  // the same wait with an earlier end; the first answer to either counts
    std::optional<proto::Answer> answer_;
    std::exception_ptr error_;
    Event done_;
  };

  // Submits a Subscribe or an Own, and tells `reader` of it until close(). If the Bus has ended, the reader is told so at
  // once, and the id is 0.
  proto::RequestId open(Reader& reader, proto::Command command);
  void close(proto::RequestId id) noexcept;
  LatestInbox* latest_inbox(proto::RequestId id) { return session_.latest_inbox(id); }
  std::optional<InboxItem> take(proto::RequestId id);
  const SubscriptionStatistics* statistics(proto::RequestId id) { return session_.statistics(id); }

  // ---- For Bus.

  ReadableValue<ConnectionState>& connection() noexcept { return state_; }
  BusStatistics statistics() const;
  const std::string& endpoint() const noexcept { return endpoint_; }

  // The attendant: serves until the nursery closes.
  static Task<> attend(std::shared_ptr<BusCore> bus, Nursery& nursery);
  // For Bus::connect: waits until it is connected, for the time that the options say. Throws, and ends the Bus, where it fails.
  Task<> wait_until_connected();

 private:
  Task<> stay_connected();
  Task<std::unique_ptr<link::Link>> try_to_connect();
  Task<> serve(link::Link& link);
  Task<> receive_frames(link::Link& link);
  Task<> send_frames(link::Link& link);
  Task<> leave_when_closing(Event& closing);
  Task<> settle_posts();  // those that were made so far
  Task<> tell_of_refused_post(Nursery& nursery);

  void take(const std::string& bytes);
  void apply(Received received);
  void settle(const Completion& completion);
  void report(ConnectionEvent::Kind kind, std::string text);
  void announce(SessionNews news);
  void end(std::exception_ptr why) noexcept;
  void throw_if_ended() const;
  proto::RequestId submit(proto::Command command, TimePoint until = never);

  std::shared_ptr<link::Connector> connector_;  // until the end: it has to go before its loop does
  detail::ConnectOptions options_;
  std::string endpoint_;
  Session session_;
  AsyncValue<ConnectionState> state_{ConnectionState::connecting};
  BusStatistics counts_;

  std::unordered_map<proto::RequestId, Pending*> pending_;
  std::unordered_map<proto::RequestId, Reader*> readers_;
  Posts posts_;
  AsyncValue<proto::RequestId> settled_{0};  // all posts up to this one were answered

  Signal outgoing_;  // there may be something to send
  Signal goodbye_done_;
  Signal post_refused_;
  CancelScope serving_;       // around all that needs a connection
  bool handed_over_ = false;  // somebody has a handle
  bool leaving_ = false;
  TimePoint lost_at_{};             // when the connection broke
  std::string trouble_;             // why the last attempt or connection ended
  std::optional<Failure> refusal_;  // the broker's last word, where it had one
  std::exception_ptr fatal_;        // what ends the nursery
  std::exception_ptr ended_;        // what everybody gets from now on
};

}  // namespace hoiku::client
