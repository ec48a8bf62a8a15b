#include "tests/sim/judge/witness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hoiku/proto/codec.hpp"
#include "tests/sim/judge/story.hpp"

namespace hoiku::model {

std::string Witness::time_in_words(TimePoint at) const { return seconds(at - begin_.value_or(at)); }

void Witness::tell(const std::string& line) const {
  if (tell_) tell_(time_in_words(now()) + "  " + line);
}

void Witness::complain(const Session* session, const std::string& text) {
  complaints_.push_back(time_in_words(now()) + " " + (session ? session->name : std::string("broker")) + ": " + text);
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
    // The combination can be new only if one of them changed.
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

// ---- Frames that the broker receives

void Witness::step() {
  if (!begin_) begin_ = now();
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
  if (!session || frame.connection_number != session->connection_number) return;
  if (session->expired) return;
  if (now() - session->last_heard >= session->timeout) {
    if (now() - session->last_heard > session->timeout) return;
    session->tie = true;
  }
  session->last_heard = now();
  session->acknowledged = std::max(session->acknowledged, frame.acknowledged);
  session->kept.erase(session->kept.begin(), session->kept.upper_bound(session->acknowledged));
  if (frame.number != session->received + 1) return;  // a heartbeat, or a repeated frame
  session->received = frame.number;
  for (const proto::Command& command : frame.commands) {
    if (std::holds_alternative<proto::Goodbye>(command)) {
      model_.end_leases(session->token, now());
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
    // A client that acknowledges less than before does not know the session.
    const bool forgotten =
        frame.connection_number > known->second.connection_number && frame.acknowledged < known->second.acknowledged;
    if (forgotten && !known->second.expired) model_.end_leases(known->first, now());
    const bool is_silent = now() - known->second.last_heard > known->second.timeout;
    if (forgotten || is_silent || known->second.expired) sessions_.erase(known);
  }
  const auto [found, fresh] = sessions_.try_emplace(frame.hello->token);
  Session& session = found->second;
  if (!fresh && frame.connection_number <= session.connection_number) return;  // from an older connection
  const Limits limits;
  const auto wanted = frame.hello->session_timeout;
  session.tie = !fresh && now() - session.last_heard == session.timeout;
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
  }
  peers_[peer] = frame.hello->token;
}

void Witness::take(Session& session, const proto::Command& command) {
  const std::uint64_t earliest = model_.revision_before(now());
  if (const auto* set = std::get_if<proto::Set>(&command)) {
    session.requests[set->id] =
        Request{Request::Kind::set, {set->topic}, {model_.set(*set, session.token, session.name, now())}, 0, now()};
  } else if (const auto* commit = std::get_if<proto::Commit>(&command)) {
    Request request{Request::Kind::commit, {}, model_.commit(*commit, session.token, session.name, now()), 0, now()};
    for (const proto::TopicWrite& write : commit->writes) request.topics.push_back(write.topic);
    session.requests[commit->id] = std::move(request);
  } else if (const auto* get = std::get_if<proto::Get>(&command)) {
    session.requests[get->id] = Request{Request::Kind::get, {get->topic}, {}, earliest, now()};
  } else if (const auto* list = std::get_if<proto::List>(&command)) {
    session.requests[list->id] = Request{Request::Kind::list, {list->pattern}, {}, earliest, now()};
  } else if (const auto* readers = std::get_if<proto::ListReaders>(&command)) {
    session.requests[readers->id] = Request{Request::Kind::readers, {}, {}, earliest, now()};
  } else if (const auto* subscribe = std::get_if<proto::Subscribe>(&command)) {
    Reader reader;
    reader.command = *subscribe;
    reader.opened_at = model_.revision();
    reader.opened_after = earliest;
    reader.opened_step = step_;
    if (subscribe->resume && run_ && subscribe->resume->instance_id == *run_)
      reader.resumed_from = subscribe->resume->revision;
    session.readers[subscribe->id] = std::move(reader);
  } else if (const auto* wait = std::get_if<proto::Wait>(&command)) {
    session.waiters[wait->id] = Waiter{*wait, now(), earliest, model_.revision(), step_};
  } else if (const auto* change = std::get_if<proto::WaitTransition>(&command)) {
    session.change_waiters[change->id] = ChangeWaiter{*change, now(), earliest, model_.revision()};
  } else if (const auto* renew = std::get_if<proto::Renew>(&command)) {
    const auto reader = session.readers.find(renew->subscription);
    if (reader != session.readers.end()) reader->second.taken = std::max(reader->second.taken, renew->taken);
  } else if (const auto* unsubscribe = std::get_if<proto::Unsubscribe>(&command)) {
    if (session.readers.erase(unsubscribe->subscription) > 0) session.gone[unsubscribe->subscription] = now();
  } else if (const auto* cancel = std::get_if<proto::CancelWait>(&command)) {
    if (const auto found = session.change_waiters.find(cancel->wait); found != session.change_waiters.end()) {
      const bool something_is_under_way = may_have_matched(found->second) || !found->second.told_from;
      session.gone[cancel->wait] = something_is_under_way ? never : now();
      session.change_waiters.erase(found);
      return;
    }
    const auto waiter = session.waiters.find(cancel->wait);
    if (waiter == session.waiters.end()) return;
    if (hold_has_fired(waiter->second)) return;  // its answer is still due
    // The wait may have matched already, and its answer may wait for room in the link: then it may come at any time.
    session.gone[cancel->wait] = may_have_matched(waiter->second) ? never : now();
    session.waiters.erase(waiter);
  } else {
    take_ownership(session, command);
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

void Witness::was_cut_one_way(const std::string& client, sim::End deaf, Duration duration) {
  step();
  tell(fmt::format("--- {} of {} hears nothing for {}", deaf == sim::End::broker ? "the broker" : "the client", client,
                   seconds(duration)));
}

void Witness::broke_unnoticed(const std::string& client, sim::End unaware, Duration duration) {
  step();
  tell(fmt::format("--- the connection of {} is broken, which its {} does not know for {}", client,
                   unaware == sim::End::broker ? "broker" : "client", seconds(duration)));
}

// ---- After each instant

void Witness::check_instant(TimePoint instant) {
  for (auto& [token, session] : sessions_) check_session(session, instant);
  const auto is_gone = [&](const proto::SessionToken& token) { return has_expired(token, instant); };
  if (const std::string what = model_.neglected(is_gone, instant); !what.empty() && run_) complain(nullptr, what);
}

void Witness::check_session(Session& session, TimePoint instant) {
  // A session that is not connected, or has a frame that waits for room, hears later; one that was silent too long,
  // never.
  if (!session.peer || !session.welcomed || session.full || instant - session.last_heard >= session.timeout) return;
  for (const auto& [id, request] : session.requests)
    complain(&session, fmt::format("#{} of {} was not answered", id, time_in_words(request.at)));
  session.requests.clear();
  check_leases_are_told(session);
  for (auto waiter = session.waiters.begin(); waiter != session.waiters.end();) {
    const bool overdue = wait_is_overdue(waiter->second, instant);
    if (overdue) complain(&session, fmt::format("wait #{} is overdue", waiter->first));
    waiter = overdue ? session.waiters.erase(waiter) : std::next(waiter);
  }
  for (auto change = session.change_waiters.begin(); change != session.change_waiters.end();) {
    const bool overdue = is_overdue(change->second, instant);
    if (overdue) complain(&session, fmt::format("wait for a change #{} is overdue", change->first));
    change = overdue ? session.change_waiters.erase(change) : std::next(change);
  }
  if (session.acknowledged < session.sent) return;  // its window may be closed
  for (auto& [id, reader] : session.readers) {
    if (reader.sent - reader.taken == limits_.credit_transitions) continue;  // mode every: out of credit
    if (!reader.ended) complain(&session, fmt::format("the snapshot of #{} has not ended", id));
    reader.ended = true;
    check_complete(session, reader, id, model_.revision(), "the state", instant);
  }
}

void Witness::check_at_rest() {
  step();
  std::erase_if(sessions_, [](const auto& entry) { return now() - entry.second.last_heard > entry.second.timeout; });
  for (auto& [token, session] : sessions_) {
    if (!session.peer) complain(&session, "is not connected");
    if (session.acknowledged < session.sent) complain(&session, "has not acknowledged everything");
    session.full.reset();  // from now on a frame that still waits for room is missing
    check_session(session, now());
  }
}

std::size_t Witness::waits_at_rest() const {
  std::size_t waits = 0;
  const auto is_kept = [](const auto& entry) {
    const auto& [id, waiter] = entry;
    return forgotten_at(waiter.command.expires_after, waiter.armed) > now();
  };
  for (const auto& [token, session] : sessions_) {
    waits += static_cast<std::size_t>(std::count_if(session.waiters.begin(), session.waiters.end(), is_kept));
    waits +=
        static_cast<std::size_t>(std::count_if(session.change_waiters.begin(), session.change_waiters.end(), is_kept));
  }
  return waits;
}

}  // namespace hoiku::model
