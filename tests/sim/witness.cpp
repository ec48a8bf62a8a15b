#include "tests/sim/witness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hoiku/proto/codec.hpp"
#include "tests/sim/story.hpp"

namespace hoiku::model {
namespace {

std::string where(TimePoint at) { return seconds(at.time_since_epoch()); }

// Frames that say the same, whatever connection they go over.
std::string content(proto::ServerFrame frame) {
  frame.incarnation = frame.acknowledged = 0;
  return proto::encode(frame);
}

}  // namespace

void Witness::tell(const std::string& line) const {
  if (tell_) tell_(where(now()) + "  " + line);
}

void Witness::complain(const Session* session, const std::string& text) {
  complaints_.push_back(where(now()) + " " + (session ? session->name : std::string("broker")) + ": " + text);
  tell("!!! " + complaints_.back());
}

Witness::Session* Witness::session_of(std::uint64_t peer) {
  const auto token = peers_.find(peer);
  if (token == peers_.end()) return nullptr;
  const auto session = sessions_.find(token->second);
  return session == sessions_.end() || session->second.peer != peer ? nullptr : &session->second;
}

bool Witness::ever(const std::vector<std::string>& topics, const std::vector<Value>& values) const {
  const auto was_in = [&](const Model& model) {
    // Only where one of them changed can the combination be a new one.
    for (const std::string& changing : topics) {
      for (const State& state : model.topic(changing).states) {
        std::size_t same = 0;
        while (same < topics.size() && model.topic(topics[same]).at(state.revision).value == values[same]) ++same;
        if (same == topics.size()) return true;
      }
    }
    return false;
  };
  return was_in(model_) || std::any_of(earlier_models_.begin(), earlier_models_.end(), was_in);
}

const State* Witness::find(const std::string& topic, const Version& version) const {
  const auto in = [&](const Model& model) -> const State* {
    for (const State& state : model.topic(topic).states) {
      if (state.version == version) return &state;
    }
    return nullptr;
  };
  if (const State* found = in(model_)) return found;
  for (const Model& model : earlier_models_) {
    if (const State* found = in(model)) return found;
  }
  return nullptr;
}

// ---- What the broker is told

void Witness::step() {
  ++step_;
  if (now() == instant_) return;
  check_instant(instant_);
  instant_ = now();
}

void Witness::broker_received(std::uint64_t peer, std::string_view bytes) {
  step();
  const auto decoded = proto::decode_client_frame(bytes);
  if (!decoded) return tell(fmt::format("peer {} sends nonsense: {}", peer, decoded.failure().message));
  const proto::ClientFrame& frame = *decoded;
  if (frame.hello) return hello(peer, frame);
  Session* session = session_of(peer);
  tell(fmt::format("{} > {}", session ? session->name : "somebody", describe(frame)));
  if (!session || frame.incarnation != session->incarnation) return;
  if (now() - session->last_heard >= session->timeout) {
    if (now() - session->last_heard > session->timeout) return;
    session->tie = true;
  }
  session->last_heard = now();
  session->acknowledged = std::max(session->acknowledged, frame.acknowledged);
  session->kept.erase(session->kept.begin(), session->kept.upper_bound(session->acknowledged));
  if (frame.number != session->received + 1) return;  // a heartbeat, or one that it has
  session->received = frame.number;
  for (const proto::Command& command : frame.commands) {
    if (std::holds_alternative<proto::Goodbye>(command)) {
      sessions_.erase(peers_.at(peer));
      return;
    }
    take(*session, command);
  }
}

void Witness::hello(std::uint64_t peer, const proto::ClientFrame& frame) {
  tell(fmt::format("{} > {}", frame.hello->client_name, describe(frame)));
  const auto known = sessions_.find(frame.hello->token);
  if (known != sessions_.end()) {
    // A client that has forgotten what it had acknowledged does not know the session.
    const bool forgotten = frame.incarnation > known->second.incarnation && frame.acknowledged < known->second.acknowledged;
    if (forgotten || now() - known->second.last_heard > known->second.timeout) sessions_.erase(known);
  }
  const auto [found, fresh] = sessions_.try_emplace(frame.hello->token);
  Session& session = found->second;
  if (!fresh && frame.incarnation <= session.incarnation) return;  // from a connection that was given up
  const Limits limits;
  const auto wanted = frame.hello->session_timeout;
  session.tie = !fresh && now() - session.last_heard == session.timeout;
  session.timeout = wanted.count() == 0 ? limits.session_timeout_default
                                        : std::clamp(wanted, limits.session_timeout_min, limits.session_timeout_max);
  session.name = frame.hello->client_name;
  session.resumed = !fresh;
  session.welcomed = false;
  session.incarnation = frame.incarnation;
  if (fresh) session.since = frame.incarnation;
  session.last_heard = now();
  session.peer = peer;
  session.resent = 0;
  if (!fresh) session.acknowledged = std::clamp(frame.acknowledged, session.acknowledged, session.sent);
  peers_[peer] = frame.hello->token;
}

void Witness::take(Session& session, const proto::Command& command) {
  const std::uint64_t earliest = model_.revision_before(now());
  if (const auto* set = std::get_if<proto::Set>(&command)) {
    session.requests[set->id] = Request{false, set->topic, model_.set(*set, session.name, now()), 0, now()};
  } else if (const auto* get = std::get_if<proto::Get>(&command)) {
    session.requests[get->id] = Request{true, get->topic, {}, earliest, now()};
  } else if (const auto* subscribe = std::get_if<proto::Subscribe>(&command)) {
    Reader reader{*subscribe, model_.revision(), step_, {}, false, {}};
    if (subscribe->resume && run_ && subscribe->resume->run == *run_) reader.resumed_from = subscribe->resume->revision;
    session.readers[subscribe->id] = std::move(reader);
  } else if (const auto* wait = std::get_if<proto::Wait>(&command)) {
    session.waiters[wait->id] = Waiter{*wait, now(), earliest, model_.revision(), step_};
  } else if (const auto* unsubscribe = std::get_if<proto::Unsubscribe>(&command)) {
    if (session.readers.erase(unsubscribe->subscription) > 0) session.gone[unsubscribe->subscription] = now();
  } else if (const auto* cancel = std::get_if<proto::CancelWait>(&command)) {
    const auto waiter = session.waiters.find(cancel->wait);
    if (waiter == session.waiters.end()) return;
    // It may have matched already, and its answer wait for room in the link: then that may come at any time.
    session.gone[cancel->wait] = may_have_matched(waiter->second) ? never : now();
    session.waiters.erase(waiter);
  }
}

void Witness::broker_lost(std::uint64_t peer) {
  step();
  if (Session* session = session_of(peer)) {
    tell(session->name + " is gone from its connection");
    session->peer.reset();
  }
  peers_.erase(peer);
}

void Witness::broker_was_full(std::uint64_t peer) {
  step();
  Session* session = session_of(peer);
  if (session && !session->full) session->full = Moment{step_, now()};
}

void Witness::broker_listens() {
  step();
  tell("--- a broker listens");
}

void Witness::broker_killed() {
  step();
  tell("--- the broker is killed");
  earlier_models_.push_back(std::exchange(model_, {}));
  sessions_.clear();
  peers_.clear();
  if (run_) earlier_runs_.push_back(*run_);
  run_.reset();
}

void Witness::was_cut(const std::string& client, Duration duration) {
  step();
  tell(fmt::format("--- {} is cut off for {}", client, seconds(duration)));
}

// ---- What the broker says

void Witness::broker_sent(std::uint64_t peer, std::string_view bytes) {
  step();
  const auto decoded = proto::decode_server_frame(bytes);
  if (!decoded) return complain(nullptr, "sends what cannot be decoded: " + decoded.failure().message);
  const proto::ServerFrame& frame = *decoded;
  Session* session = session_of(peer);
  tell(fmt::format("{} < {}", session ? session->name : "somebody", describe(frame)));
  if (!session) return;
  if (frame.fatal) {
    // Whoever is told so has broken the protocol or was silent; either way the session is not this peer's any more.
    if (now() - session->last_heard < session->timeout) complain(session, "is sent away: " + frame.fatal->message);
    sessions_.erase(peers_.at(peer));
    return;
  }
  if (frame.incarnation != session->incarnation) complain(session, "is sent a frame of another connection");
  if (frame.welcome) welcome(*session, frame);
  if (!session->welcomed) complain(session, "is sent a frame before the welcome");
  if (frame.acknowledged != session->received)
    complain(session, fmt::format("was acknowledged {}, but {} is what arrived", frame.acknowledged, session->received));
  if (frame.number == 0) {
    if (!frame.deliveries.empty() || !frame.answers.empty() || !frame.snapshot_ends.empty())
      complain(session, "is sent content without a number");
    if (!frame.welcome) session->full.reset();  // it would have come after a frame that waited
  } else if (frame.number <= session->sent) {
    check_repeated(*session, frame);
  } else {
    if (frame.number != session->sent + 1) complain(session, fmt::format("a frame is missing before {}", frame.number));
    check_fresh(*session, frame);
  }
}

void Witness::welcome(Session& session, const proto::ServerFrame& frame) {
  const proto::Welcome& welcome = *frame.welcome;
  if (session.welcomed) complain(&session, "is welcomed twice");
  if (session.tie && !welcome.resumed) {
    Session fresh;
    fresh.name = session.name;
    fresh.peer = session.peer;
    fresh.incarnation = fresh.since = session.incarnation;
    fresh.timeout = session.timeout;
    fresh.last_heard = session.last_heard;
    session = std::move(fresh);
  }
  session.tie = false;
  session.welcomed = true;
  if (welcome.resumed != session.resumed) complain(&session, welcome.resumed ? "is a new session, and was told that it goes on"
                                                                             : "goes on, and was told that it is a new session");
  if (welcome.since != session.since) complain(&session, "was told a wrong beginning of its session");
  if (welcome.session_timeout != session.timeout) complain(&session, "was told a wrong timeout");
  if (!run_) run_ = welcome.run;
  if (welcome.run != *run_) complain(&session, "was told another run than the others");
  if (std::find(earlier_runs_.begin(), earlier_runs_.end(), welcome.run) != earlier_runs_.end())
    complain(&session, "was told the run of an earlier broker");
}

void Witness::check_repeated(Session& session, const proto::ServerFrame& frame) {
  if (session.resent == 0 && frame.number > session.acknowledged + 1)
    complain(&session, fmt::format("frame {} was left out after the reconnect", session.acknowledged + 1));
  if (session.resent != 0 && frame.number != session.resent + 1) complain(&session, "frames are sent again out of order");
  session.resent = frame.number;
  const auto kept = session.kept.find(frame.number);
  if (kept != session.kept.end() && kept->second != content(frame))
    complain(&session, fmt::format("frame {} is sent again with other content", frame.number));
}

void Witness::check_fresh(Session& session, const proto::ServerFrame& frame) {
  if (session.resumed && session.resent < session.sent && session.acknowledged < session.sent)
    complain(&session, "is sent a new frame before the kept ones");
  const Moment cut = session.full.value_or(Moment{step_, now()});
  session.full.reset();
  session.sent = frame.number;
  session.resent = frame.number;
  session.kept[frame.number] = content(frame);
  const auto is_batch = [](const auto& kept) {
    const auto decoded = proto::decode_server_frame(kept.second);
    return !decoded->deliveries.empty();
  };
  if (std::count_if(session.kept.begin(), session.kept.end(), is_batch) > 32) complain(&session, "its window is overrun");

  for (const auto& delivery : frame.deliveries) check_delivery(session, delivery, cut);
  for (const auto& [id, reader] : session.readers) {
    if (reader.command.topics.size() > 1) check_composite(session, id, reader);
  }
  for (const auto& end : frame.snapshot_ends) {
    const auto found = session.readers.find(end.subscription);
    if (found == session.readers.end()) {
      if (!was_there(session, end.subscription, cut))
        complain(&session, fmt::format("the snapshot of #{} ends, which does not exist", end.subscription));
      continue;
    }
    Reader& reader = found->second;
    if (reader.ended) complain(&session, fmt::format("the snapshot of #{} ends twice", end.subscription));
    reader.ended = true;
    if (end.whole) reader.resumed_from.reset();
    check_complete(session, reader, end.subscription, end.revision, "snapshot");
    if (end.revision < reader.opened_at) complain(&session, fmt::format("the snapshot of #{} is of before it was asked for", end.subscription));
  }
  if (frame.complete_through != 0) {
    for (const auto& [id, reader] : session.readers) {
      if (reader.opened_step < cut.step) check_complete(session, reader, id, frame.complete_through, "completeness");
    }
  }
  for (const auto& answer : frame.answers) check_answer(session, answer, cut);
}

void Witness::check_delivery(Session& session, const proto::Delivery& delivery, const Moment& cut) {
  ++checked_;
  const Transition& transition = *delivery.transition;
  const std::string what = fmt::format("#{} is sent {}: ", delivery.subscription, describe(transition));
  const auto found = session.readers.find(delivery.subscription);
  if (found == session.readers.end()) {
    if (!was_there(session, delivery.subscription, cut))
      complain(&session, what + "there is no such subscription");
    return;
  }
  Reader& reader = found->second;
  const auto& topics = reader.command.topics;
  const bool fits = topics.size() == 1 ? delivery.member == 0 && matches(topics[0], transition.topic)
                                       : delivery.member < topics.size() && topics[delivery.member] == transition.topic;
  if (!fits) return complain(&session, what + "it did not ask for that");
  std::string why;
  const auto index = model_.recognise(transition, why);
  if (!index) return complain(&session, what + why);
  const std::uint64_t revision = model_.topic(transition.topic).states[*index].revision;
  if (revision < model_.topic(transition.topic).at(reader.opened_at).revision)
    complain(&session, what + "it is older than the subscription");
  auto [seen, first] = reader.seen.try_emplace({delivery.member, transition.topic}, revision);
  if (!first && revision <= seen->second) complain(&session, what + fmt::format("it was sent revision {} before", seen->second));
  seen->second = std::max(seen->second, revision);
}

bool Witness::was_there(const Session& session, proto::RequestId id, const Moment& cut) {
  const auto found = session.gone.find(id);
  return found != session.gone.end() && found->second >= cut.at;
}

// Each member as the reader knows it now: was there one moment at which all were so?
void Witness::check_composite(Session& session, proto::RequestId id, const Reader& reader) {
  std::uint64_t newest = 0;
  std::uint64_t until = model_.revision() + 1;
  for (std::size_t i = 0; i < reader.command.topics.size(); ++i) {
    const Topic& topic = model_.topic(reader.command.topics[i]);
    const auto seen = reader.seen.find({static_cast<std::uint32_t>(i), reader.command.topics[i]});
    if (seen == reader.seen.end() && !reader.resumed_from) {
      if (!reader.seen.empty()) complain(&session, fmt::format("#{} is sent a composite without member {}", id, i));
      return;
    }
    const std::size_t index = topic.index_at(seen == reader.seen.end() ? *reader.resumed_from : seen->second);
    newest = std::max(newest, topic.states[index].revision);
    if (index + 1 < topic.states.size()) until = std::min(until, topic.states[index + 1].revision);
  }
  if (newest >= until) complain(&session, fmt::format("#{} shows a combination that never was: revisions {} and {}", id, newest, until));
}

// Everything up to `revision` has been told to this reader.
void Witness::check_complete(Session& session, const Reader& reader, proto::RequestId id, std::uint64_t revision,
                             const char* what) {
  const bool pattern = reader.command.topics.size() == 1;
  const auto check = [&](std::uint32_t member, const std::string& name) {
    const State& needed = model_.topic(name).at(revision);
    const auto seen = reader.seen.find({member, name});
    if (seen != reader.seen.end() && seen->second >= needed.revision) return;
    if (seen == reader.seen.end()) {
      if (reader.resumed_from ? model_.topic(name).at(*reader.resumed_from).revision >= needed.revision
                              : pattern && name != reader.command.topics[0] && needed.value.is_null())
        return;
    }
    complain(&session, fmt::format("{} of #{} to revision {}: was not told '{}' of revision {}", what, id, revision, name,
                                   needed.revision));
  };
  if (!pattern) {
    for (std::size_t i = 0; i < reader.command.topics.size(); ++i) check(static_cast<std::uint32_t>(i), reader.command.topics[i]);
    return;
  }
  for (const auto& [name, topic] : model_.topics()) {
    if (matches(reader.command.topics[0], name)) check(0, name);
  }
}

void Witness::check_answer(Session& session, const proto::Answer& answer, const Moment& cut) {
  ++checked_;
  const proto::RequestId id = std::visit([](const auto& a) { return a.id; }, answer);
  const auto* failed = std::get_if<proto::Failed>(&answer);
  const std::optional<ErrorCode> error = failed ? std::optional(failed->failure.code) : std::nullopt;
  if (session.waiters.contains(id)) {
    const auto* done = std::get_if<proto::WaitDone>(&answer);
    check_wait(session, id, done ? done->match.get() : nullptr, error);
    session.gone[id] = TimePoint::min();
    session.waiters.erase(id);
    return;
  }
  if (failed && session.readers.contains(id)) {
    complain(&session, fmt::format("subscription #{} is refused: {}", id, failed->failure.message));
    session.readers.erase(id);
    return;
  }
  const auto found = session.requests.find(id);
  if (found == session.requests.end()) {
    // The answer to a wait that was cancelled while it was under way.
    if (!was_there(session, id, cut)) complain(&session, fmt::format("#{} is answered, but not open", id));
    return;
  }
  const Request request = found->second;
  session.requests.erase(found);
  const Topic& topic = model_.topic(request.topic);
  if (request.is_get) {
    const auto* got = std::get_if<proto::GetDone>(&answer);
    if (!got) return complain(&session, fmt::format("#{} got no value", id));
    std::string why;
    const auto index = model_.recognise(*got->current, why);
    if (!index) return complain(&session, fmt::format("#{} got {}", id, why));
    if (topic.states[*index].revision < topic.at(request.earliest).revision) complain(&session, fmt::format("#{} got an old value", id));
    return;
  }
  if (error != request.expected.error) {
    return complain(&session, fmt::format("#{} set {}: expected {}, got {}", id, request.topic,
                                          request.expected.error ? to_string(*request.expected.error) : "done",
                                          error ? to_string(*error) : "done"));
  }
  const auto* done = std::get_if<proto::SetDone>(&answer);
  if (!done) return;
  const State& state = topic.states[request.expected.state];
  if (done->changed != request.expected.changed) complain(&session, fmt::format("#{}: changed is wrong", id));
  if (state.value.is_null() && done->version.number == 0) return;  // unsetting what was never set, or removed
  Transition transition;
  transition.topic = request.topic;
  transition.version = done->version;
  transition.revision = state.revision;
  transition.value = state.value;
  transition.writer = state.writer;
  std::string why;
  if (!model_.recognise(transition, why)) complain(&session, fmt::format("#{} set: {}", id, why));
}

void Witness::check_wait(Session& session, proto::RequestId id, const Transition* match, std::optional<ErrorCode> error) {
  const Waiter& waiter = session.waiters.at(id);
  std::optional<std::size_t> index;
  if (match) {
    std::string why;
    index = model_.recognise(*match, why);
    if (!index) return complain(&session, fmt::format("wait #{} matched {}", id, why));
  }
  std::string expected = "nothing";
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    const auto answer = model_.answer(waiter.command, waiter.armed, revision, now());
    if (!answer) continue;
    if (answer->error == error && (error || answer->state == *index) && answer->due <= now()) return;
    expected = answer->error ? to_string(*answer->error)
                             : fmt::format("revision {} at {}", model_.topic(waiter.command.topic).states[answer->state].revision,
                                           where(answer->due));
  }
  complain(&session, fmt::format("wait #{} is answered with {}, expected {}", id,
                                 match ? describe(*match) : error ? to_string(*error) : "?", expected));
}

bool Witness::may_have_matched(const Waiter& waiter) const {
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    if (model_.answer(waiter.command, waiter.armed, revision, now())) return true;
  }
  return false;
}

bool Witness::wait_is_overdue(const Waiter& waiter, TimePoint instant) const {
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    const auto answer = model_.answer(waiter.command, waiter.armed, revision, instant);
    if (!answer || answer->due > instant) return false;
  }
  return true;
}

// ---- After each instant

void Witness::check_instant(TimePoint instant) {
  for (auto& [token, session] : sessions_) check_session(session, instant);
}

void Witness::check_session(Session& session, TimePoint instant) {
  // Not connected, or with a frame that waits for room: it will be told later. Silent for too long: it is told nothing.
  if (!session.peer || !session.welcomed || session.full || instant - session.last_heard >= session.timeout) return;
  for (const auto& [id, request] : session.requests)
    complain(&session, fmt::format("#{} of {} was not answered", id, where(request.at)));
  session.requests.clear();
  for (auto waiter = session.waiters.begin(); waiter != session.waiters.end();) {
    const bool overdue = wait_is_overdue(waiter->second, instant);
    if (overdue) complain(&session, fmt::format("wait #{} is overdue", waiter->first));
    waiter = overdue ? session.waiters.erase(waiter) : std::next(waiter);
  }
  if (session.acknowledged < session.sent) return;  // its window may be closed
  for (auto& [id, reader] : session.readers) {
    if (!reader.ended) complain(&session, fmt::format("the snapshot of #{} has not ended", id));
    reader.ended = true;
    check_complete(session, reader, id, model_.revision(), "the state");
  }
}

void Witness::check_at_rest() {
  step();
  std::erase_if(sessions_, [](const auto& entry) { return now() - entry.second.last_heard > entry.second.timeout; });
  for (auto& [token, session] : sessions_) {
    if (!session.peer) complain(&session, "is not connected");
    if (session.acknowledged < session.sent) complain(&session, "has not acknowledged everything");
    session.full.reset();  // a frame that still waits for room is missed all the same
    check_session(session, now());
  }
}

}  // namespace hoiku::model
