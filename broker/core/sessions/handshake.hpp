// handshake.hpp: handles the header of a frame (its session, its number, what it acknowledges) before its commands, and
// opens, resumes and closes sessions.
//
// Promises   each frame of a session is accepted once, in the order of the numbers. An invalid frame ends its peer's
//            connection; the session waits for the next one. A session that closes leaves nothing at the broker but its
//            last wills.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Limits     client_name_bytes_max, sessions_max, sessions_per_address_max.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/core/sessions/broker_topics.hpp"
#include "broker/core/sessions/event_log.hpp"
#include "broker/core/sessions/peer_table.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class Handshake {
 public:
  Handshake(const Limits& limits, PeerTable& peers, SessionTable& sessions, RequestLife& requests,
            BrokerTopics& broker_topics, EventLog& events)
      : limits_(limits),
        peers_(peers),
        sessions_(sessions),
        requests_(requests),
        broker_topics_(broker_topics),
        events_(events) {}

  // Returns the session that is to execute the frame's commands, or nullptr if the frame has none that are new.
  // `origin`: as for Core::receive().
  [[nodiscard]] Session* receive(PeerId id, const proto::ClientFrame& frame, Instant now, std::string_view origin);
  // Ends a connection with an error; its session, if it has one, waits for the next one.
  void reject(PeerId id, std::uint64_t connection_number, Failure failure);
  void disconnected(PeerId id);

  void execute(Session& session, const proto::Goodbye&);  // closes the session
  // Closes the session of a client that has too many requests in flight.
  void close_overrun(Session& session);
  void expire_sessions(TimePoint now);
  void close_all_sessions(const Failure& failure);

  std::uint64_t rejected_frames() const noexcept { return rejected_frames_; }

 private:
  void hello(PeerId id, const proto::ClientFrame& frame, Instant now, std::string_view origin);
  Result<void> check_hello(const proto::ClientFrame& frame) const;
  void resume(PeerId id, Session& session, const proto::ClientFrame& frame, Instant now);
  void open(PeerId id, const proto::ClientFrame& frame, Instant now, std::string_view origin);
  Result<void> make_room(std::string_view origin);
  void welcome(PeerId id, Session& session, const proto::ClientFrame& frame, bool resumed, Instant now);
  bool accept(Session& session, const proto::ClientFrame& frame, TimePoint now);
  void detach(Session& session);
  void close(Session& session, proto::ServerFrame last);
  void close(Session& session, Failure failure);

  const Limits& limits_;
  PeerTable& peers_;
  SessionTable& sessions_;
  RequestLife& requests_;
  BrokerTopics& broker_topics_;
  EventLog& events_;
  std::uint64_t rejected_frames_ = 0;  // malformed, out of order, or of unknown peers
};

}  // namespace hoiku::broker
