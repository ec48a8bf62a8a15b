// bus_core.hpp: what the handles of one Bus share: its session, its connection, and the tasks that wait for answers.
//
// Promises   a task that stops waiting takes its request back at that instant; a reader is told nothing after it has
//            been closed. All that the tasks of one tick have asked for leaves in one frame, at once.
// Files      bus_core.cpp: requests and readers; bus_posts.cpp: writes that no task awaits; attendant.cpp: how it
//            begins and ends with its nursery.
// Thread     that of the loop which made it; other threads may destroy it once it has ended. Owner: shared by the
//            handles and, while it serves, by the attendant of the nursery.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "client/src/bus/connection.hpp"
#include "client/src/bus/posts.hpp"
#include "client/src/bus/remote_queue.hpp"
#include "client/src/session/session.hpp"
#include "hoiku/async/async_value.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/runtime.hpp"
#include "hoiku/async/doorbell.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/client/bus.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/link/link.hpp"
#include "hoiku/proto/schema.hpp"

namespace hoiku::client {

// Throws what the failure means to a program: VersionConflict, TypeMismatch, or Error.
[[noreturn]] void throw_failure(const proto::Failed& failed);
std::exception_ptr error_of(const proto::Failed& failed) noexcept;

// Receives the events of a subscription or a lease. Called from the connection's task: record and notify only.
class Reader {
 public:
  virtual void arrived() noexcept = 0;
  virtual void ended(std::exception_ptr why) noexcept = 0;  // refused, or the Bus has ended; called once, and last

 protected:
  ~Reader() = default;
};

class BusCore {
 public:
  BusCore(std::shared_ptr<link::Connector> connector, detail::ConnectOptions options);
  ~BusCore();
  BusCore(const BusCore&) = delete;
  BusCore& operator=(const BusCore&) = delete;

  // ---- Requests. They throw Closed, or the error that ended the Bus, once it has ended. On a thread that does not run
  // the Bus's loop they throw std::logic_error before they touch anything.

  // For what does not submit a request at once. After the Bus has ended, any thread may call.
  void require_loop() const;
  bool has_ended() const noexcept { return ended_ != nullptr; }
  // The broker instance that the session is with.
  std::uint64_t instance_id() const noexcept { return session_.instance_id(); }

  // Tells the broker of a message type, once. If the broker refuses, the nursery ends with its error, as for a post.
  void register_schema(const MessageSchema& schema);

  // A write that no task awaits. With latest_only it replaces the last such post of the topic, if that has not left
  // yet. Throws Error(limit_exceeded) if too many are unacknowledged.
  void post(const std::string& topic, Value value, const detail::PostOptions& options);
  Task<> writable();
  Task<> flush();
  // The queue for the posts of other threads.
  std::shared_ptr<RemoteQueue> remote();

  // One request, while its task waits for the answer. Taken back if the task leaves before.
  class Pending {
   public:
    // Submits the command; `until` as in Session::submit.
    Pending(BusCore& bus, proto::Command command, TimePoint until = never);
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    auto wait() noexcept { return done_.wait(); }
    // The same for a wait that was submitted with `until`. The scopes of the task decide when it really ends: if they
    // were given more time meanwhile, the broker is asked again.
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

  // Submits a Subscribe or an Own, and tells `reader` of it until close(). If the Bus has ended, the reader is told so
  // at once, and the id is 0.
  proto::RequestId open(Reader& reader, proto::Command command);
  void close(proto::RequestId id) noexcept;
  LatestInbox* latest_inbox(proto::RequestId id) { return session_.latest_inbox(id); }
  std::optional<InboxItem> take(proto::RequestId id);
  const SubscriptionStatistics* statistics(proto::RequestId id) { return session_.statistics(id); }

  // ---- For Bus

  ReadableValue<ConnectionState>& connection() noexcept { return connection_.state(); }
  BusStatistics statistics() const;
  const std::string& endpoint() const noexcept { return connection_.endpoint(); }

  // The attendant of the nursery: serves until the nursery closes.
  static Task<> attend(std::shared_ptr<BusCore> bus, Nursery& nursery);
  // For Bus::connect: waits for the connection, within the timeout of the options. If that fails, throws and ends the
  // Bus.
  Task<> wait_until_connected();

 private:
  proto::RequestId submit(proto::Command command, TimePoint until = never);
  // The id of a command that the session has taken, and that its next frame takes along. Throws the failure.
  proto::RequestId accepted(Result<proto::RequestId> id);
  void throw_if_ended() const;
  void apply(Received received);
  void settle_unawaited(const Completion& completion);
  proto::RequestId unsent_post(const std::string& topic);
  Task<> settle_posts();  // those that were made so far, by other threads too
  void take_remote_posts() noexcept;

  // attendant.cpp
  Task<> leave_when_closing(Event& closing);
  Task<> report_refused_posts(Nursery& nursery);
  void end(std::exception_ptr why) noexcept;

  detail::Runtime* const loop_ = detail::Runtime::current();  // to be compared only
  Duration connect_timeout_;
  Session session_;
  Connection connection_;

  std::unordered_map<proto::RequestId, Pending*> pending_;
  std::unordered_map<proto::RequestId, Reader*> readers_;
  Posts posts_;
  std::uint64_t conflated_posts_ = 0;
  AsyncValue<proto::RequestId> settled_{0};  // all posts up to this one were answered
  std::shared_ptr<RemoteQueue> remote_;      // null: nobody has asked for it
  std::optional<Doorbell> remote_bell_;
  AsyncValue<std::uint64_t> remote_taken_{0};  // all posts of other threads up to this one are among posts_

  Signal goodbye_done_;
  Signal post_refused_;
  CancelScope serving_;              // around all that needs a connection
  bool handed_over_ = false;         // Bus::connect has returned a handle
  std::exception_ptr ended_;         // what every request gets from now on
  std::atomic<bool> quiet_ = false;  // has ended, and the loop touches it no more
};

}  // namespace hoiku::client
