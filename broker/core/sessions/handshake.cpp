#include "broker/core/sessions/handshake.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/sessions/session_label.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

using proto::ClientFrame;
using proto::ServerFrame;

namespace {

ServerFrame fatal_frame(std::uint64_t connection_number, std::uint64_t acknowledged, Failure failure) {
  ServerFrame frame;
  frame.connection_number = connection_number;
  frame.acknowledged = acknowledged;
  frame.fatal = std::move(failure);
  return frame;
}

Failure violation(std::string what) { return Failure{ErrorCode::protocol_violation, std::move(what)}; }

Failure never_sent(std::uint64_t acknowledged) {
  return violation("frame " + std::to_string(acknowledged) + " was acknowledged but never sent");
}

}  // namespace

Session* Handshake::receive(PeerId id, const ClientFrame& frame, Instant now, std::string_view origin) {
  const Peer* peer = peers_.find(id);
  if (peer != nullptr && !peer->session) {  // it was rejected before, with a farewell
    ++rejected_frames_;
    return nullptr;
  }
  if (peer == nullptr) {
    if (frame.hello) {
      hello(id, frame, now, origin);
    } else {
      reject(id, frame.connection_number, {ErrorCode::session_lost, "the first frame of a connection needs a hello"});
    }
    return nullptr;
  }
  Session& session = *sessions_.find(*peer->session);
  if (frame.connection_number != session.connection_number) {
    ++rejected_frames_;
    return nullptr;
  }
  session.last_heard = now.monotonic;
  return accept(session, frame, now.monotonic) ? &session : nullptr;
}

// Whether the frame's commands are to be executed.
bool Handshake::accept(Session& session, const ClientFrame& frame, TimePoint now) {
  using Verdict = proto::ReceivedFrames::Verdict;
  const auto violates = [&](Failure failure) {
    reject(*session.peer, frame.connection_number, std::move(failure));
    return false;
  };
  if (frame.hello) return violates(violation("only the first frame of a connection may have a hello"));
  if (!session.outbox.acknowledge(frame.acknowledged)) return violates(never_sent(frame.acknowledged));
  session.wake();  // the acknowledgement may have opened the window again
  if (frame.number == 0 && frame.commands.empty()) {
    if (frame.reply_at_once) session.ask_for_reply();
    return false;
  }
  if (frame.number == 0) return violates(violation("a frame with commands needs a number"));
  const std::uint64_t expected = session.received.last() + 1;
  switch (session.received.accept(frame.number)) {
    case Verdict::duplicate:
      ++rejected_frames_;
      session.ack_due = true;
      // A client that took the error for the end of its session counts from one again. If its frames were ignored, it
      // would wait forever.
      if (session.was_rejected) {
        events_.add(Event::Kind::session_closed, session_label(session),
                    "the client abandoned the session after an error");
        close(session,
              Failure{ErrorCode::session_lost, "the client abandoned the session after an error: begin a new one"});
      }
      return false;
    case Verdict::gap:
      return violates(violation("gap: received frame " + std::to_string(frame.number) + ", expected frame " +
                                std::to_string(expected)));
    case Verdict::fresh:
      frame.reply_at_once ? session.ask_for_reply() : sessions_.acknowledge_later(session, now);
      break;
  }
  session.was_rejected = false;
  return true;
}

// ---- The beginning of a connection

Result<void> Handshake::check_hello(const ClientFrame& frame) const {
  const proto::Hello& hello = *frame.hello;
  if (hello.version != proto::protocol_version) {
    return Failure{ErrorCode::unsupported_version, "this broker speaks protocol version " +
                                                       std::to_string(proto::protocol_version) + ", not " +
                                                       std::to_string(hello.version)};
  }
  if (!frame.commands.empty()) return violation("a frame with a hello cannot have commands");
  if (hello.client_name.size() > limits_.client_name_bytes_max) {
    return Failure{ErrorCode::too_large, "the client's name exceeds the limit of " +
                                             std::to_string(limits_.client_name_bytes_max) +
                                             " bytes: " + text::quote(hello.client_name)};
  }
  if (hello.session_timeout.count() < 0)
    return Failure{ErrorCode::invalid_argument, "the session timeout cannot be negative"};
  return {};
}

void Handshake::hello(PeerId id, const ClientFrame& frame, Instant now, std::string_view origin) {
  if (auto checked = check_hello(frame); !checked) return reject(id, frame.connection_number, checked.failure());
  Session* session = sessions_.find(frame.hello->token);
  if (session == nullptr) return open(id, frame, now, origin);
  if (frame.connection_number <= session->connection_number)
    return reject(id, frame.connection_number, violation("a newer connection of this session exists"));
  // A client that acknowledges less than before does not know the session any more.
  if (frame.acknowledged < session->outbox.acknowledged()) {
    events_.add(Event::Kind::session_closed, session_label(*session), "the client began a new session");
    detach(*session);
    close(*session, ServerFrame{});
    return open(id, frame, now, origin);
  }
  resume(id, *session, frame, now);
}

void Handshake::resume(PeerId id, Session& session, const ClientFrame& frame, Instant now) {
  // A session whose welcome was lost has no frames yet; its client still acknowledges frames of an earlier session.
  const bool is_unused = session.outbox.last_number() == 0 && session.received.last() == 0;
  if (!is_unused && !session.outbox.acknowledge(frame.acknowledged))
    return reject(id, frame.connection_number, never_sent(frame.acknowledged));
  detach(session);
  session.outbox.rewind();
  events_.add(Event::Kind::session_resumed, session_label(session), "", id);
  welcome(id, session, frame, true, now);
}

// A session that is away keeps its place only as long as it holds something, or nobody else needs the place.
Result<void> Handshake::make_room(std::string_view origin) {
  if (!sessions_.is_full(origin)) return {};
  if (Session* replaced = sessions_.find_replaceable(origin)) {
    events_.add(Event::Kind::session_closed, session_label(*replaced),
                "it was away, and a new session needed its place");
    close(*replaced, ServerFrame{});
    return {};
  }
  const bool is_whole_broker = sessions_.size() >= limits_.sessions_max;
  const std::string count = std::to_string(is_whole_broker ? sessions_.size() : limits_.sessions_per_address_max);
  return Failure{ErrorCode::limit_exceeded, "the broker has " + count + " sessions" +
                                                (is_whole_broker ? "" : " of this address") +
                                                ", which is its limit: try again later"};
}

void Handshake::open(PeerId id, const ClientFrame& frame, Instant now, std::string_view origin) {
  if (auto room = make_room(origin); !room) return reject(id, frame.connection_number, room.failure());
  Session* session = &sessions_.open(frame.hello->token, origin);
  session->name = SharedText(frame.hello->client_name);
  session->first_connection = frame.connection_number;
  events_.add(Event::Kind::session_opened, session_label(*session), "", id);
  welcome(id, *session, frame, false, now);
}

void Handshake::welcome(PeerId id, Session& session, const ClientFrame& frame, bool resumed, Instant now) {
  session.connection_number = frame.connection_number;
  sessions_.set_connected(session, id);
  session.ack_due = session.sends_posts;  // what it was told to be settled may not have arrived
  sessions_.set_timeout(session, frame.hello->session_timeout, now.monotonic);
  Peer& peer = peers_.admit(id, session.id);
  peer.welcome_due = true;
  peer.resumed = resumed;
  peers_.make_ready(peer);
  broker_topics_.session_connected(session);
}

// ---- Ends of connections

// The old connection gets no farewell: its frames have an older connection number, and are ignored.
void Handshake::detach(Session& session) {
  if (session.peer) peers_.refuse(*session.peer, nullptr);
  sessions_.set_away(session);
}

void Handshake::reject(PeerId id, std::uint64_t connection_number, Failure failure) {
  ++rejected_frames_;
  std::uint64_t acknowledged = 0;
  std::string label;
  if (const Peer* peer = peers_.find(id)) {
    if (!peer->session) return;  // it has had its farewell
    Session& session = *sessions_.find(*peer->session);
    sessions_.set_away(session);
    session.was_rejected = true;
    broker_topics_.session_away(session);
    connection_number = session.connection_number;
    acknowledged = session.received.last();
    label = session_label(session);
  }
  events_.add(Event::Kind::peer_rejected, std::move(label), to_string(failure.code) + ": " + failure.message, id);
  peers_.refuse(id, std::make_shared<ServerFrame>(fatal_frame(connection_number, acknowledged, std::move(failure))));
}

void Handshake::disconnected(PeerId id) {
  const Peer* peer = peers_.find(id);
  if (peer == nullptr) return;
  if (peer->session) {
    Session& session = *sessions_.find(*peer->session);
    sessions_.set_away(session);
    broker_topics_.session_away(session);
  }
  peers_.remove(id);
}

// ---- Ends of sessions

void Handshake::close(Session& session, Failure failure) {
  close(session, fatal_frame(session.connection_number, session.received.last(), std::move(failure)));
}

// Sends `last` to the client, if it is connected, as the last frame of the session. It settles posts, unless a refusal
// of one may be in a frame that has not left, or the client counts its frames anew.
void Handshake::close(Session& session, ServerFrame last) {
  if (!session.outbox.has_next() && !session.was_rejected) last.settled = session.settled();
  Effects effects = requests_.close_all(session);
  broker_topics_.session_closed(session);
  if (session.peer) peers_.refuse(*session.peer, std::make_shared<ServerFrame>(std::move(last)));
  sessions_.remove(session);
  requests_.apply(std::move(effects));
}

void Handshake::execute(Session& session, const proto::Goodbye&) {
  session.executing = 0;  // all that came before the goodbye is executed
  ServerFrame last;       // acknowledges the goodbye
  last.connection_number = session.connection_number;
  last.acknowledged = session.received.last();
  events_.add(Event::Kind::goodbye, session_label(session), "goodbye");
  close(session, std::move(last));
}

void Handshake::close_overrun(Session& session) {
  const std::size_t posts = session.unsettled_posts();
  const bool too_many_posts = posts >= limits_.unsettled_posts_max;
  events_.add(Event::Kind::session_closed, session_label(session),
              too_many_posts ? "too many posts are not settled" : "too many requests in flight");
  close(session, Failure{ErrorCode::limit_exceeded,
                         too_many_posts ? "the session has " + std::to_string(posts) +
                                              " posts that are not settled: acknowledge refusals, and await the others"
                                        : "the session has " + std::to_string(session.outbox.requests_in_flight()) +
                                              " requests in flight: acknowledge their answers"});
}

void Handshake::expire_sessions(TimePoint now) {
  while (Session* session = sessions_.take_silent(now)) {
    const std::string silence = "silent for " + std::to_string(session->timeout.count()) + " ms";
    events_.add(Event::Kind::session_expired, session_label(*session), silence);
    close(*session, Failure{ErrorCode::session_lost, "the session expired: it was " + silence});
  }
}

void Handshake::close_all_sessions(const Failure& failure) {
  std::vector<SessionId> all;
  sessions_.for_each([&](const Session& session) { all.push_back(session.id); });
  std::sort(all.begin(), all.end());
  for (const SessionId id : all) {
    Session& session = *sessions_.find(id);
    events_.add(Event::Kind::session_closed, session_label(session), failure.message);
    close(session, failure);
  }
}

}  // namespace hoiku::broker
