#include "tests/sim/judge/witness.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "hoiku/proto/codec.hpp"
#include "tests/sim/judge/story.hpp"

namespace hoiku::model {

// ---- What happens at the broker's end

void Witness::step() {
  if (!evidence_.begin) evidence_.begin = now();
  ++evidence_.step;
  if (now() == instant_) return;
  if (!paused_since_) check_instant(instant_);
  instant_ = now();
  leases_.begin_instant(paused_since_.value_or(instant_));  // input that waits is heard before silence is judged
}

void Witness::broker_received(std::uint64_t peer, std::string_view bytes) {
  step();
  const auto decoded = proto::decode_client_frame(bytes);
  if (!decoded) return evidence_.tell(fmt::format("peer {} sends nonsense: {}", peer, decoded.failure().message));
  const proto::ClientFrame& frame = *decoded;
  if (frame.hello) return hello(peer, frame);
  Session* session = evidence_.session_of(peer);
  evidence_.tell(fmt::format("{} > {}", session ? session->name : "somebody", describe(frame)));
  if (!session || frame.connection_number != session->connection_number) return;
  if (session->expired) return;
  if (const Duration silence = evidence_.silence_judged_at() - session->last_heard; silence >= session->timeout) {
    if (silence > session->timeout) return;
    session->tie = true;
  }
  session->last_heard = now();
  session->acknowledged = std::max(session->acknowledged, frame.acknowledged);
  session->kept.erase(session->kept.begin(), session->kept.upper_bound(session->acknowledged));
  sums_.acknowledged(*session);
  if (frame.number == 0 && frame.reply_at_once) session->asks(now());
  if (frame.number != session->received + 1) return;  // a heartbeat, or a repeated frame
  session->received = frame.number;
  for (const proto::Command& command : session->writes.named(frame.commands)) {
    if (std::holds_alternative<proto::Goodbye>(command)) {
      model_.end_leases(session->token, now());
      evidence_.sessions.erase(evidence_.peers.at(peer));
      return;
    }
    take(*session, command);
  }
  if (frame.reply_at_once) session->asks(now());
}

void Witness::broker_sent(std::uint64_t peer, std::string_view bytes) {
  step();
  const auto decoded = proto::decode_server_frame(bytes);
  if (!decoded) return evidence_.complain(nullptr, "sends what cannot be decoded: " + decoded.failure().message);
  if (bytes.size() > evidence_.limits.frame_bytes_max)
    evidence_.complain(nullptr, fmt::format("sends a frame of {} bytes", bytes.size()));
  const proto::ServerFrame& frame = *decoded;
  Session* session = evidence_.session_of(peer);
  evidence_.tell(fmt::format("{} < {}", session ? session->name : "somebody", describe(frame)));
  if (!session) return;
  if (frame.fatal) {
    // The peer has broken the protocol or was silent: either way it does not have the session any more.
    if (now() - session->last_heard < session->timeout && !session->tie)
      evidence_.complain(session, "is sent away: " + frame.fatal->message);
    frames_.check_settled(*session, frame);
    evidence_.sessions.erase(evidence_.peers.at(peer));
    return;
  }
  frames_.check_header(*session, frame);
  if (frame.number == 0) {
    if (!frame.welcome) session->full.reset();  // it would have come after a frame that waits for room
    frames_.check_settled(*session, frame);
  } else if (frame.number <= session->sent) {
    frames_.check_repeated(*session, frame);
  } else {
    check_fresh(*session, frame);
  }
}

void Witness::broker_committed(const std::vector<Transition>& record) {
  step();
  const auto is_own = [](const Transition& transition) { return transition.topic.starts_with('$'); };
  if (std::none_of(record.begin(), record.end(), is_own)) return leases_.check_commit(record);
  if (const std::string wrong = model_.judge_broker_topics(record, now()); !wrong.empty())
    return evidence_.complain(nullptr, "publishes about itself: " + wrong);
  evidence_.tell(fmt::format("--- revision {} is of the broker's own topics", record.front().revision));
  for (auto& [token, session] : evidence_.sessions) count_anew(session, record.front().revision);
}

// The writes of this turn were given revisions before it was known that the broker had this one.
void Witness::count_anew(Session& session, std::uint64_t from) {
  const auto move = [&](std::uint64_t& revision) { revision += revision >= from ? 1 : 0; };
  for (auto& [id, reader] : session.readers) {
    move(reader.opened_at);
    move(reader.opened_after);
  }
  const auto move_wait = [&](auto& waiter) {
    move(waiter.earliest);
    move(waiter.latest);
    if (waiter.armed == now()) waiter.latest = std::max(waiter.latest, from);
  };
  for (auto& [id, waiter] : session.waiters) move_wait(waiter);
  for (auto& [id, waiter] : session.transition_waiters) move_wait(waiter);
  for (auto& [id, request] : session.requests) move(request.earliest);
}

void Witness::broker_lost(std::uint64_t peer) {
  step();
  if (Session* session = evidence_.session_of(peer)) {
    evidence_.tell(session->name + " is gone from its connection");
    session->peer.reset();
  }
  evidence_.peers.erase(peer);
}

void Witness::broker_was_full(std::uint64_t peer) {
  step();
  Session* session = evidence_.session_of(peer);
  if (session && !session->full) session->full = Moment{evidence_.step, now()};
}

void Witness::broker_pauses() {
  step();
  evidence_.tell("--- the broker pauses");
  paused_since_ = now();
}

void Witness::late_turn_begins() {
  step();
  evidence_.tell("--- the broker goes on");
  evidence_.late_since = std::exchange(paused_since_, std::nullopt);
  model_.begin_late_turn(*evidence_.late_since, now());
}

void Witness::late_turn_ends() {
  evidence_.late_since.reset();
  model_.end_late_turn();
}

void Witness::broker_listens() {
  step();
  evidence_.tell("--- a broker listens");
}

void Witness::broker_killed() {
  step();
  evidence_.tell("--- the broker is killed");
  paused_since_.reset();
  late_turn_ends();
  evidence_.past.begin_again();
  evidence_.sessions.clear();
  evidence_.peers.clear();
  evidence_.schemas.clear();
  if (evidence_.run) evidence_.earlier_runs.push_back(*evidence_.run);
  evidence_.run.reset();
}

void Witness::was_cut(const std::string& client, Duration duration) {
  step();
  evidence_.tell(fmt::format("--- {} is cut off for {}", client, seconds(duration)));
}

void Witness::was_cut_one_way(const std::string& client, sim::End deaf, Duration duration) {
  step();
  evidence_.tell(fmt::format("--- {} of {} hears nothing for {}",
                             deaf == sim::End::broker ? "the broker" : "the client", client, seconds(duration)));
}

void Witness::broke_unnoticed(const std::string& client, sim::End unaware, Duration duration) {
  step();
  evidence_.tell(fmt::format("--- the connection of {} is broken, which its {} does not know for {}", client,
                             unaware == sim::End::broker ? "broker" : "client", seconds(duration)));
}

// ---- Frames that the broker receives

void Witness::hello(std::uint64_t peer, const proto::ClientFrame& frame) {
  evidence_.tell(fmt::format("{} > {}", frame.hello->client_name, describe(frame)));
  const auto known = evidence_.sessions.find(frame.hello->token);
  if (known != evidence_.sessions.end()) {
    // A client that acknowledges less than before does not know the session.
    const bool forgotten =
        frame.connection_number > known->second.connection_number && frame.acknowledged < known->second.acknowledged;
    if (forgotten && !known->second.expired) model_.end_leases(known->first, now());
    const bool is_silent = evidence_.silence_judged_at() - known->second.last_heard > known->second.timeout;
    if (forgotten || is_silent || known->second.expired) {
      // Before the new session has the token: the old one declares nothing any more.
      model_.withdraw([&](const proto::SessionToken& token) { return token == known->first; });
      evidence_.sessions.erase(known);
    }
  }
  const auto [found, fresh] = evidence_.sessions.try_emplace(frame.hello->token);
  Session& session = found->second;
  if (!fresh && frame.connection_number <= session.connection_number) return;  // from an older connection
  const Limits limits;
  const auto wanted = frame.hello->session_timeout;
  session.tie = !fresh && evidence_.silence_judged_at() - session.last_heard == session.timeout;
  session.timeout = wanted.count() == 0 ? limits.session_timeout_default
                                        : std::clamp(wanted, limits.session_timeout_min, limits.session_timeout_max);
  session.token = frame.hello->token;
  session.name = frame.hello->client_name;
  session.resumed = !fresh;
  session.welcomed = false;
  session.connection_number = frame.connection_number;
  if (fresh) session.first_connection = frame.connection_number;
  session.last_heard = now();
  session.peer = peer;
  session.resent = 0;
  if (!fresh) {
    session.acknowledged = std::clamp(frame.acknowledged, session.acknowledged, session.sent);
    session.kept.erase(session.kept.begin(), session.kept.upper_bound(session.acknowledged));
    sums_.acknowledged(session);
  }
  evidence_.peers[peer] = frame.hello->token;
}

void Witness::take(Session& session, const proto::Command& command) {
  const std::uint64_t earliest = model_.revision_before(now());
  if (const auto* set = std::get_if<proto::Set>(&command)) {
    Request request{Request::Kind::set, {set->topic}, {model_.set(*set, session.token, session.name, now())}, 0, now()};
    if (set->is_post) {
      request.posted_in = session.received;
      session.posts_due.emplace(session.received, now() + proto::acknowledgement_delay);
      if (!request.expected.front().error) return;
    }
    session.requests[set->id] = std::move(request);
  } else if (const auto* commit = std::get_if<proto::Commit>(&command)) {
    Request request{Request::Kind::commit, {}, model_.commit(*commit, session.token, session.name, now()), 0, now()};
    for (const proto::TopicWrite& write : commit->writes) request.topics.push_back(write.topic);
    session.requests[commit->id] = std::move(request);
  } else if (const auto* get = std::get_if<proto::Get>(&command)) {
    session.requests[get->id] = Request{Request::Kind::get, {get->topic}, {}, earliest, now()};
  } else if (const auto* list = std::get_if<proto::List>(&command)) {
    session.requests[list->id] = Request{Request::Kind::list, {list->pattern}, {}, earliest, now(), list->cursor};
  } else if (const auto* readers = std::get_if<proto::ListReaders>(&command)) {
    session.requests[readers->id] = Request{Request::Kind::readers, {}, {}, earliest, now()};
  } else if (const auto* schema = std::get_if<proto::RegisterSchema>(&command)) {
    evidence_.schemas[schema->message_type] = schema->files;
    session.requests[schema->id] = Request{Request::Kind::declare, {schema->message_type}, {{}}, 0, now()};
  } else if (const auto* wanted = std::get_if<proto::GetSchema>(&command)) {
    const bool is_known = evidence_.schemas.contains(wanted->message_type);
    session.requests[wanted->id] = Request{Request::Kind::schema, {wanted->message_type}, {}, is_known, now()};
  } else if (const auto* subscribe = std::get_if<proto::Subscribe>(&command)) {
    open(session, *subscribe);
  } else if (const auto* wait = std::get_if<proto::Wait>(&command)) {
    session.waiters[wait->id] = Waiter{*wait, now(), earliest, model_.revision()};
  } else if (const auto* change = std::get_if<proto::WaitTransition>(&command)) {
    session.transition_waiters[change->id] = TransitionWaiter{*change, now(), earliest, model_.revision()};
  } else if (const auto* renew = std::get_if<proto::Renew>(&command)) {
    const auto reader = session.readers.find(renew->subscription);
    if (reader != session.readers.end()) reader->second.taken = std::max(reader->second.taken, renew->taken);
  } else if (const auto* unsubscribe = std::get_if<proto::Unsubscribe>(&command)) {
    const auto reader = session.readers.find(unsubscribe->subscription);
    if (reader == session.readers.end()) return;
    // The answer that its filter does not fit may wait for room.
    const auto& [filter, topics] = std::tie(reader->second.command.filter, reader->second.command.topics);
    const bool may_fail = filter && !model_.fits(*filter, topics.front(), reader->second.opened_after);
    session.gone[unsubscribe->subscription] = may_fail ? never : now();
    session.readers.erase(reader);
  } else if (const auto* cancel = std::get_if<proto::CancelWait>(&command)) {
    if (!transitions_.cancel(session, cancel->wait)) waits_.cancel(session, cancel->wait);
  } else {
    leases_.take(session, command);
  }
}

void Witness::open(Session& session, const proto::Subscribe& command) {
  Reader reader;
  reader.command = command;
  reader.opened_at = model_.revision();
  reader.opened_after = model_.revision_before(now());
  reader.opened_step = evidence_.step;
  if (command.resume && evidence_.run && command.resume->instance_id == *evidence_.run)
    reader.resumed_from = command.resume->revision;
  reader.unread = command.unread;
  session.readers[command.id] = std::move(reader);
}

// ---- Frames that the broker sends

void Witness::check_fresh(Session& session, const proto::ServerFrame& sent) {
  last_fresh_ = now();
  const auto expanded = session.slots.without_runs(sent);
  if (!expanded) return evidence_.complain(&session, "is sent what it cannot read: " + expanded.failure().message);
  const proto::ServerFrame& frame = *expanded;
  if (!sent.runs.empty()) evidence_.tell(fmt::format("{} < with its runs: {}", session.name, describe(frame)));
  const Moment built = frames_.take_fresh(session, sent, frame);
  for (const auto& delivery : frame.deliveries) deliveries_.check_delivery(session, delivery, built);
  deliveries_.check_composites(session);
  for (const auto& end : frame.snapshot_ends) deliveries_.check_snapshot_end(session, end, built);
  for (const auto& answer : frame.answers) answers_.check_answer(session, answer, built);
  frames_.check_settled(session, frame);
  // After the answers: one may say that a reader has failed.
  if (frame.complete_through != 0) deliveries_.check_completeness(session, frame.complete_through, built);
  sums_.count(session, frame);
}

// ---- After each instant

void Witness::check_instant(TimePoint instant) {
  for (auto& [token, session] : evidence_.sessions) check_session(session, instant);
  leases_.check_neglected(instant);
}

void Witness::check_session(Session& session, TimePoint instant) {
  // A session that is not connected, or has a frame that waits for room, hears later; one that was silent too long,
  // never.
  if (!session.peer || !session.welcomed || session.full || instant - session.last_heard >= session.timeout) return;
  // Answers that would be more than the window has room for wait for acknowledgements.
  const bool has_small_window = evidence_.limits.unacknowledged_bytes_max < Limits{}.unacknowledged_bytes_max;
  if (has_small_window && session.acknowledged < session.sent) return;
  const std::uint64_t due = session.take_posts_due(instant);
  if (session.settled < due)
    evidence_.complain(
        &session, fmt::format("has posts up to frame {} that are due, and was told that those up to {} are settled",
                              due, session.settled));
  session.settled = std::max(session.settled, due);
  for (const auto& [id, request] : session.requests)
    evidence_.complain(&session, fmt::format("#{} of {} was not answered", id, evidence_.time_in_words(request.at)));
  session.requests.clear();
  leases_.check_told(session);
  waits_.check_overdue(session, instant);
  transitions_.check_overdue(session, instant);
  if (session.acknowledged < session.sent) return;  // its window may be closed
  deliveries_.check_readers(session, instant);
}

bool Witness::is_quiet_for(Duration time) const {
  const auto has_all = [](const auto& entry) { return entry.second.acknowledged == entry.second.sent; };
  return last_fresh_ + time <= now() && std::all_of(evidence_.sessions.begin(), evidence_.sessions.end(), has_all);
}

void Witness::check_at_rest() {
  step();
  std::erase_if(evidence_.sessions,
                [](const auto& entry) { return now() - entry.second.last_heard > entry.second.timeout; });
  for (auto& [token, session] : evidence_.sessions) {
    if (!session.peer) evidence_.complain(&session, "is not connected");
    if (session.acknowledged < session.sent) evidence_.complain(&session, "has not acknowledged everything");
    session.full.reset();  // from now on a frame that still waits for room is missing
    check_session(session, now());
  }
  check_published_sessions();
}

// The broker publishes its sessions from when somebody first asked for them.
void Witness::check_published_sessions() {
  const std::vector<std::string> published = model_.published_sessions();
  std::vector<std::string> names;
  for (const auto& [token, session] : evidence_.sessions) names.push_back(session.name);
  std::sort(names.begin(), names.end());
  if (!published.empty() && published != names)
    evidence_.complain(nullptr, fmt::format("publishes the sessions of {}, and has those of {}",
                                            fmt::join(published, ", "), fmt::join(names, ", ")));
}

std::size_t Witness::waits_at_rest() const {
  std::size_t waits = 0;
  const auto is_kept = [](const auto& entry) {
    const auto& [id, waiter] = entry;
    return forgotten_at(waiter.command.expires_after, waiter.armed) > now();
  };
  for (const auto& [token, session] : evidence_.sessions) {
    waits += static_cast<std::size_t>(std::count_if(session.waiters.begin(), session.waiters.end(), is_kept));
    waits += static_cast<std::size_t>(
        std::count_if(session.transition_waiters.begin(), session.transition_waiters.end(), is_kept));
  }
  return waits;
}

}  // namespace hoiku::model
