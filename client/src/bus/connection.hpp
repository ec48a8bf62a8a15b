// connection.hpp: the connection of one Bus: makes it, serves it, makes it again when it breaks, and reports all that.
//
// Promises   a lost connection is made again at once; after a refusal, and when connections keep breaking, after a
//            pause (backoff.hpp). What the session queues before the loop goes round leaves in one frame.
// Thread     the loop's. Owner: BusCore, which also owns the session.
// Limits     5 s for a peer to answer the Hello; 64 frames in a row before other tasks get their turn.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/src/session/session.hpp"
#include "hoiku/async/async_value.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/task.hpp"
#include "hoiku/client/bus.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::client {

class Connection {
 public:
  struct Statistics {
    std::uint64_t reconnects = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t frames_received = 0;
  };

  // `apply` is called with what each frame has brought; it must not wait.
  Connection(std::shared_ptr<link::Connector> connector, std::function<void(const ConnectionEvent&)> on_event,
             Session& session, std::function<void(Received)> apply);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves until stop(), until it is cancelled, or until a failure that trying again cannot repair: fatal().
  Task<> stay_connected();
  // The session may have something to send.
  void wake() noexcept { outgoing_.notify(); }
  // Makes no other connection once this one has ended.
  void stop() noexcept { stopping_ = true; }
  // Lets go of the connector, which must not outlive its loop.
  void close() noexcept { connector_.reset(); }
  void set_ended() { state_.set(ConnectionState::ended); }

  ReadableValue<ConnectionState>& state() noexcept { return state_; }
  const std::string& endpoint() const noexcept { return endpoint_; }
  const Statistics& statistics() const noexcept { return statistics_; }
  // The error that ends the Bus, or null.
  std::exception_ptr fatal() const noexcept { return fatal_; }
  // Why the last attempt or the last connection ended; empty before the first one did.
  const std::string& last_failure() const noexcept { return last_failure_; }

 private:
  Task<std::unique_ptr<link::Link>> try_to_connect();
  Task<> serve(link::Link& link);
  Task<> receive_frames(link::Link& link);
  Task<> send_frames(link::Link& link);
  void take(const std::string& bytes);
  void give_up_if_final(const Failure& rejection);
  void announce(SessionNews news);
  void report(ConnectionEvent::Kind kind, std::string text);

  std::shared_ptr<link::Connector> connector_;
  std::function<void(const ConnectionEvent&)> on_event_;
  std::string endpoint_;
  Session& session_;
  std::function<void(Received)> apply_;

  AsyncValue<ConnectionState> state_{ConnectionState::connecting};
  Statistics statistics_;
  Signal outgoing_;
  bool stopping_ = false;
  TimePoint lost_at_{};
  std::string last_failure_;
  std::optional<Failure> rejection_;  // the broker's, of the last connection
  std::exception_ptr fatal_;
};

}  // namespace hoiku::client
