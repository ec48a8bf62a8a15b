// handshake.cpp: what a frame means before its commands: whose it is, whether it is new, what it acknowledges; how
// sessions begin, go on after a cut, and end.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

using proto::ClientFrame;
using proto::ServerFrame;

namespace {

ServerFrame fatal_frame(std::uint64_t incarnation, std::uint64_t acknowledged, Failure failure) {
  ServerFrame frame;
  frame.incarnation = incarnation;
  frame.acknowledged = acknowledged;
  frame.fatal = std::move(failure);
  return frame;
}

Failure violation(std::string what) { return Failure{ErrorCode::protocol_violation, std::move(what)}; }

}  // namespace

void Core::Rooms::receive(PeerId id, const ClientFrame& frame, Instant at) {
  const Peer* peer = peers.find(id);
  if (peer != nullptr && !peer->session) {  // it was told why, and is not listened to
    ++counts.refused_frames;
    return;
  }
  if (peer == nullptr) {
    if (frame.hello) return hello(id, frame, at);
    return break_off(id, frame.incarnation, {ErrorCode::session_lost, "a connection begins with a hello"});
  }
  Session& session = *sessions.find(*peer->session);
  if (frame.incarnation != session.incarnation) {
    ++counts.refused_frames;
    return;
  }
  session.last_heard = at.monotonic;
  if (frame.hello) return break_off(id, frame.incarnation, violation("a connection has one hello, at its beginning"));
  if (!session.outbox.acknowledge(frame.acknowledged)) {
    return break_off(id, frame.incarnation,
                     violation("frame " + std::to_string(frame.acknowledged) + " was acknowledged, and never sent"));
  }
  // The window may be open again.
  session.wake();
  if (frame.number != 0) return take_numbered(session, frame, at);
  if (!frame.commands.empty()) break_off(id, frame.incarnation, violation("a frame with commands has a number"));
}

void Core::Rooms::take_numbered(Session& session, const ClientFrame& frame, Instant at) {
  using Verdict = proto::ReceivedFrames::Verdict;
  const std::uint64_t expected = session.received.last() + 1;
  session.ack_due = true;
  switch (session.received.accept(frame.number)) {
    case Verdict::duplicate:
      ++counts.refused_frames;
      // A client that took the error for the end of its session begins to count anew. To ignore that would hang it.
      if (session.was_broken_off) {
        events.add(Event::Kind::session_closed, session.name, "its client has begun anew");
        close(session, Failure{ErrorCode::session_lost, "the session was given up after an error: begin a new one"});
      }
      return;
    case Verdict::gap:
      return break_off(*session.peer, frame.incarnation,
                       violation("gap: frame " + std::to_string(frame.number) + " came where " +
                                 std::to_string(expected) + " was expected"));
    case Verdict::fresh:
      break;
  }
  session.was_broken_off = false;
  for (const proto::Command& command : frame.commands) {
    if (std::holds_alternative<proto::Goodbye>(command)) {
      ServerFrame last;  // tells the client that its goodbye has been heard
      last.incarnation = session.incarnation;
      last.acknowledged = session.received.last();
      events.add(Event::Kind::session_closed, session.name, "goodbye");
      return close(session, last);
    }
    execute(session, command, at);
    if (session.overrun) {
      events.add(Event::Kind::session_closed, session.name, "too many requests in flight");
      return close(session, Failure{ErrorCode::limit_exceeded, "there are " +
                                                                   std::to_string(session.outbox.requests_in_flight()) +
                                                                   " requests in flight: acknowledge their answers"});
    }
  }
}

// ---- The beginning of a connection

void Core::Rooms::hello(PeerId id, const ClientFrame& frame, Instant at) {
  const proto::Hello& hello = *frame.hello;
  if (hello.version != proto::protocol_version) {
    return break_off(
        id, frame.incarnation,
        {ErrorCode::unsupported_version, "this broker speaks version " + std::to_string(proto::protocol_version) +
                                             " of the protocol, not " + std::to_string(hello.version)});
  }
  if (!frame.commands.empty()) return break_off(id, frame.incarnation, violation("a hello carries no commands"));
  if (hello.client_name.size() > limits.client_name_bytes_max) {
    return break_off(
        id, frame.incarnation,
        {ErrorCode::too_large, "the client's name has more than " + std::to_string(limits.client_name_bytes_max) +
                                   " bytes: " + text::quote(hello.client_name)});
  }
  if (hello.session_timeout.count() < 0) {
    return break_off(id, frame.incarnation, {ErrorCode::invalid_argument, "a session's timeout cannot be negative"});
  }
  Session* session = sessions.find(hello.token);
  if (session == nullptr) return open(id, frame, at);
  if (frame.incarnation <= session->incarnation) {
    return break_off(id, frame.incarnation, violation("a newer connection of this session exists"));
  }
  // A client that once had more than it says now does not know the session any more.
  if (frame.acknowledged < session->outbox.acknowledged()) {
    events.add(Event::Kind::session_closed, session->name, "its client has begun anew");
    detach(*session);
    close(*session, ServerFrame{});
    return open(id, frame, at);
  }
  // Nothing was ever said in a session whose welcome was lost; the client acknowledges what it had before.
  const bool is_unused = session->outbox.last_number() == 0 && session->received.last() == 0;
  if (!is_unused && !session->outbox.acknowledge(frame.acknowledged)) {
    return break_off(id, frame.incarnation,
                     violation("frame " + std::to_string(frame.acknowledged) + " was acknowledged, and never sent"));
  }
  detach(*session);
  session->outbox.rewind();
  events.add(Event::Kind::session_resumed, session->name, "");
  welcome(id, *session, frame, true, at);
}

void Core::Rooms::open(PeerId id, const ClientFrame& frame, Instant at) {
  Session* session = sessions.open(frame.hello->token);
  if (session == nullptr) {
    return break_off(id, frame.incarnation,
                     {ErrorCode::limit_exceeded,
                      "there are " + std::to_string(sessions.size()) + " sessions already: try again later"});
  }
  session->name = frame.hello->client_name;
  session->since = frame.incarnation;
  events.add(Event::Kind::session_opened, session->name, "");
  welcome(id, *session, frame, false, at);
}

void Core::Rooms::welcome(PeerId id, Session& session, const ClientFrame& frame, bool resumed, Instant at) {
  session.incarnation = frame.incarnation;
  session.peer = id;
  session.ack_due = false;
  sessions.set_timeout(session, frame.hello->session_timeout, at.monotonic);
  Peer& peer = peers.admit(id, session.id);
  peer.welcome_due = true;
  peer.resumed = resumed;
  peers.make_ready(peer);
  broker_topics.session_connected(session);
}

// ---- Ends

// The old connection is not told: whatever it still says belongs to an older incarnation.
void Core::Rooms::detach(Session& session) {
  if (session.peer) peers.refuse(*session.peer, nullptr);
  session.peer.reset();
}

void Core::Rooms::break_off(PeerId id, std::uint64_t incarnation, Failure failure) {
  ++counts.refused_frames;
  std::uint64_t acknowledged = 0;
  std::string name;
  if (const Peer* peer = peers.find(id)) {
    if (!peer->session) return;  // it was told once
    Session& session = *sessions.find(*peer->session);
    session.peer.reset();
    session.was_broken_off = true;
    broker_topics.session_away(session);
    incarnation = session.incarnation;
    acknowledged = session.received.last();
    name = session.name;
  }
  events.add(Event::Kind::peer_refused, std::move(name), to_string(failure.code) + ": " + failure.message);
  peers.refuse(id, std::make_shared<ServerFrame>(fatal_frame(incarnation, acknowledged, std::move(failure))));
}

void Core::Rooms::close(Session& session, Failure failure) {
  close(session, fatal_frame(session.incarnation, session.received.last(), std::move(failure)));
}

void Core::Rooms::close(Session& session, const ServerFrame& last) {
  Effects effects = requests.close_all(session);
  broker_topics.session_closed(session);
  if (session.peer) peers.refuse(*session.peer, std::make_shared<ServerFrame>(last));
  sessions.remove(session);
  requests.apply(std::move(effects));
}

void Core::Rooms::expire(TimePoint at) {
  while (Session* session = sessions.take_silent(at)) {
    const std::string silence = "silent for " + std::to_string(session->timeout.count()) + " ms";
    events.add(Event::Kind::session_expired, session->name, silence);
    close(*session, Failure{ErrorCode::session_lost, "the session was " + silence + " and is gone"});
  }
}

}  // namespace hoiku::broker
