// The part of the witness that judges the frames of the broker, one by one.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "hoiku/proto/codec.hpp"
#include "tests/sim/judge/story.hpp"
#include "tests/sim/judge/witness.hpp"

namespace hoiku::model {
namespace {

// Returns the content of a frame, without what depends on the connection.
std::string content(proto::ServerFrame frame) {
  frame.connection_number = frame.acknowledged = 0;
  return proto::encode(frame);
}

}  // namespace

void Witness::broker_sent(std::uint64_t peer, std::string_view bytes) {
  step();
  const auto decoded = proto::decode_server_frame(bytes);
  if (!decoded) return complain(nullptr, "sends what cannot be decoded: " + decoded.failure().message);
  const proto::ServerFrame& frame = *decoded;
  Session* session = session_of(peer);
  tell(fmt::format("{} < {}", session ? session->name : "somebody", describe(frame)));
  if (!session) return;
  if (frame.fatal) {
    // The peer has broken the protocol or was silent: either way it does not have the session any more.
    if (now() - session->last_heard < session->timeout && !session->tie)
      complain(session, "is sent away: " + frame.fatal->message);
    sessions_.erase(peers_.at(peer));
    return;
  }
  if (frame.connection_number != session->connection_number) complain(session, "is sent a frame of another connection");
  if (frame.welcome) welcome(*session, frame);
  if (!session->welcomed) complain(session, "is sent a frame before the welcome");
  if (frame.acknowledged != session->received)
    complain(session,
             fmt::format("was acknowledged {}, but {} is what arrived", frame.acknowledged, session->received));
  if (frame.acknowledged == session->received) session->tie = false;  // the session continues
  if (frame.number == 0) {
    if (!frame.deliveries.empty() || !frame.answers.empty() || !frame.snapshot_ends.empty())
      complain(session, "is sent content without a number");
    if (!frame.welcome) session->full.reset();  // it would have come after a frame that waits for room
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
    fresh.token = session.token;
    fresh.name = session.name;
    fresh.peer = session.peer;
    fresh.connection_number = fresh.first_connection = session.connection_number;
    fresh.timeout = session.timeout;
    fresh.last_heard = session.last_heard;
    session = std::move(fresh);
  }
  session.tie = false;
  session.welcomed = true;
  if (welcome.resumed != session.resumed)
    complain(&session, welcome.resumed ? "is a new session, and was told that it goes on"
                                       : "goes on, and was told that it is a new session");
  if (welcome.first_connection != session.first_connection)
    complain(&session, "was told a wrong beginning of its session");
  if (welcome.session_timeout != session.timeout) complain(&session, "was told a wrong timeout");
  if (!run_) run_ = welcome.instance_id;
  if (welcome.instance_id != *run_) complain(&session, "was told another run than the others");
  if (std::find(earlier_runs_.begin(), earlier_runs_.end(), welcome.instance_id) != earlier_runs_.end())
    complain(&session, "was told the run of an earlier broker");
}

void Witness::check_repeated(Session& session, const proto::ServerFrame& frame) {
  if (session.resent == 0 && frame.number > session.acknowledged + 1)
    complain(&session, fmt::format("frame {} was left out after the reconnect", session.acknowledged + 1));
  if (session.resent != 0 && frame.number != session.resent + 1)
    complain(&session, "frames are sent again out of order");
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
  if (std::cmp_greater(std::count_if(session.kept.begin(), session.kept.end(), is_batch), limits_.window_batches))
    complain(&session, "its window is overrun");

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
    reader.ended_at = end.revision;
    reader.met_by = model_.revision();
    if (end.whole && reader.command.filter) complain(&session, "is told that a filtered snapshot is a whole one");
    if (end.whole) reader.resumed_from.reset();
    check_complete(session, reader, end.subscription, end.revision, "snapshot");
    if (end.revision < reader.opened_after)
      complain(&session, fmt::format("the snapshot of #{} is of before it was asked for", end.subscription));
  }
  if (frame.complete_through != 0) {
    for (const auto& [id, reader] : session.readers) {
      // A reader with an interval may have a state pending.
      if (reader.opened_step < cut.step && reader.command.interval.count() == 0)
        check_complete(session, reader, id, frame.complete_through, "completeness");
    }
  }
  for (const auto& answer : frame.answers) check_answer(session, answer, cut);
  count_told(session, frame);
}

void Witness::check_delivery(Session& session, const proto::Delivery& delivery, const Moment& cut) {
  ++checked_;
  const Transition& transition = *delivery.transition;
  const std::string what = fmt::format("#{} is sent {}: ", delivery.subscription, describe(transition));
  const auto found = session.readers.find(delivery.subscription);
  if (found == session.readers.end()) {
    if (!was_there(session, delivery.subscription, cut)) complain(&session, what + "there is no such subscription");
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
  // A filtered reader may get the last state that passed although the topic has changed since.
  const bool goes_on = (reader.command.mode == proto::Mode::every || reader.command.filter) && reader.resumed_from;
  const std::uint64_t asked_for = goes_on                 ? *reader.resumed_from
                                  : reader.command.filter ? reader.opened_after
                                                          : reader.opened_at;
  if (revision < model_.topic(transition.topic).at(asked_for).revision)
    complain(&session, what + "it is older than the subscription");
  if (reader.command.filter) {
    check_filter(session, reader, delivery, *index, what);
  } else if (delivery.filtered != 0 || delivery.counted_from != 0) {
    complain(&session, what + "it has no filter, and was told of one");
  }
  if (reader.command.interval.count() > 0) check_rate(session, reader, delivery, cut, what);
  ++reader.told;
  if (reader.command.mode == proto::Mode::every) {
    if (++reader.sent - reader.taken > limits_.credit_transitions) complain(&session, what + "it is beyond the credit");
    if (!reader.command.filter) check_order(session, reader, delivery, *index, what);
  }
  auto [seen, first] = reader.seen.try_emplace({delivery.member, transition.topic}, revision);
  if (!first && revision <= seen->second)
    complain(&session, what + fmt::format("it was sent revision {} before", seen->second));
  seen->second = std::max(seen->second, revision);
}

// Promise 5: each state once and in order, except those that were gone from the history, which are counted.
void Witness::check_order(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                          const std::string& what) {
  const Topic& topic = model_.topic(delivery.transition->topic);
  const auto seen = reader.seen.find({delivery.member, delivery.transition->topic});
  std::size_t before = 0;  // the state that this reader had
  if (seen != reader.seen.end()) {
    before = topic.index_at(seen->second);
  } else if (reader.resumed_from) {
    before = topic.index_at(*reader.resumed_from);
  } else if (reader.ended) {
    before = topic.index_at(reader.ended_at);
  } else {
    return;  // the snapshot begins with the current state
  }
  if (delivery.transition->version.number == 0) return;
  const std::size_t missing = index - before - 1;
  if (index <= before || missing == 0) return;  // another check reports the former
  // An unset topic is removed, with its history, after its readers have heard of it.
  const bool was_forgotten = std::any_of(topic.states.begin() + static_cast<std::ptrdiff_t>(before) + 1,
                                         topic.states.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                                         [](const State& state) { return state.value.is_null(); });
  const std::size_t kept_from = topic.states.size() - std::min(topic.states.size(), limits_.history_transitions_max);
  if (before + 1 >= kept_from && !was_forgotten)
    return complain(&session, what + fmt::format("{} states before it were left out, and are in the history", missing));
  // A reader that resumes knows by itself what it has.
  const bool comes_back = seen == reader.seen.end() && reader.resumed_from;
  if (!comes_back && !was_forgotten && delivery.lagged != missing)
    complain(&session,
             what + fmt::format("{} states before it were left out, and it was told {}", missing, delivery.lagged));
}

bool Witness::was_there(const Session& session, proto::RequestId id, const Moment& cut) {
  const auto found = session.gone.find(id);
  return found != session.gone.end() && found->second >= cut.at;
}

// Checks that the members, as the reader knows them now, all had these states at one moment.
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
  if (newest >= until)
    complain(&session, fmt::format("#{} shows a combination that never was: revisions {} and {}", id, newest, until));
}

// Checks that this reader has been sent everything up to `revision`.
void Witness::check_complete(Session& session, const Reader& reader, proto::RequestId id, std::uint64_t revision,
                             const char* what, std::optional<TimePoint> instant) {
  const bool pattern = reader.command.topics.size() == 1;
  const auto check = [&](std::uint32_t member, const std::string& name) {
    const Topic& topic = model_.topic(name);
    const auto owes = owed(reader, name, revision);
    if (!owes || (instant && may_rest(reader, {member, name}, *instant))) return;
    const State& needed = topic.states[*owes];
    const auto seen = reader.seen.find({member, name});
    if (seen != reader.seen.end() && seen->second >= needed.revision) return;
    if (seen == reader.seen.end()) {
      if (reader.resumed_from && topic.at(*reader.resumed_from).revision >= needed.revision) return;
      // A topic that was unset when its part of the snapshot was built is not reported.
      const auto from = topic.states.begin() + static_cast<std::ptrdiff_t>(topic.index_at(revision));
      const auto is_unset = [](const State& state) { return state.value.is_null(); };
      const bool found_by_pattern = pattern && name != reader.command.topics[0];
      if (!reader.resumed_from && found_by_pattern && std::any_of(from, topic.states.end(), is_unset)) return;
    }
    complain(&session, fmt::format("{} of #{} to revision {}: was not told '{}' of revision {}", what, id, revision,
                                   name, needed.revision));
  };
  if (!pattern) {
    for (std::size_t i = 0; i < reader.command.topics.size(); ++i)
      check(static_cast<std::uint32_t>(i), reader.command.topics[i]);
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
  if (session.change_waiters.contains(id)) return check_change_answer(session, id, answer);
  if (session.leases.contains(id) && check_lease(session, id, answer)) return;
  if (failed && session.readers.contains(id)) {
    complain(&session, fmt::format("subscription #{} is refused: {}", id, failed->failure.message));
    session.readers.erase(id);
    return;
  }
  const auto found = session.requests.find(id);
  if (found == session.requests.end()) {
    // The answer to a wait that was cancelled while it was in flight.
    if (!was_there(session, id, cut)) complain(&session, fmt::format("#{} is answered, but not open", id));
    return;
  }
  const Request request = found->second;
  session.requests.erase(found);
  if (request.kind == Request::Kind::get) return check_get(session, id, request, answer);
  if (request.kind == Request::Kind::readers) return check_readers(session, id, answer, cut);
  if (request.kind == Request::Kind::list) return check_list(session, id, request, answer);
  if (request.kind == Request::Kind::declare) {
    if (!std::holds_alternative<proto::Done>(answer)) complain(&session, fmt::format("declaration #{} failed", id));
    return;
  }
  check_write(session, id, request, answer);
}

// Judges the answer to a set or a commit, which has the answer of a set for each of its writes.
void Witness::check_write(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer) {
  const auto* failed = std::get_if<proto::Failed>(&answer);
  const std::optional<ErrorCode> error = failed ? std::optional(failed->failure.code) : std::nullopt;
  const std::optional<ErrorCode> expected = request.expected.front().error;
  if (error != expected) {
    return complain(&session,
                    fmt::format("#{} write to {}: expected {}, got {}", id, request.topics.front(),
                                expected ? to_string(*expected) : "done", error ? to_string(*error) : "done"));
  }
  if (failed) return;
  std::vector<proto::CommitDone::Written> written;
  std::uint64_t revision = 0;
  if (const auto* set = std::get_if<proto::SetDone>(&answer)) {
    written.push_back({set->version, set->changed});
    revision = set->revision;
  } else if (const auto* commit = std::get_if<proto::CommitDone>(&answer)) {
    written = commit->written;
    revision = commit->revision;
  }
  if (written.size() != request.topics.size())
    return complain(&session, fmt::format("#{} is answered for {} writes", id, written.size()));
  std::uint64_t newest = 0;
  bool all_known = true;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const State& state = model_.topic(request.topics[i]).states[request.expected[i].state];
    newest = std::max(newest, state.revision);
    if (written[i].changed != request.expected[i].changed) complain(&session, fmt::format("#{}: changed is wrong", id));
    if (state.value.is_null() &&
        written[i].version.number == 0) {  // unset of a topic that was never set, or was removed
      all_known = false;
      continue;
    }
    Transition transition;
    transition.topic = request.topics[i];
    transition.version = written[i].version;
    transition.revision = state.revision;
    transition.value = state.value;
    transition.writer = state.writer;
    transition.quality = state.quality;
    std::string why;
    if (!model_.recognise(transition, why)) complain(&session, fmt::format("#{} write: {}", id, why));
  }
  if (all_known && revision != newest)
    complain(&session, fmt::format("#{} is of revision {}, and is said to be of {}", id, newest, revision));
}

void Witness::check_get(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer) {
  const auto* got = std::get_if<proto::GetDone>(&answer);
  if (!got) return complain(&session, fmt::format("#{} got no value", id));
  std::string why;
  const auto index = model_.recognise(*got->current, why);
  if (!index) return complain(&session, fmt::format("#{} got {}", id, why));
  const Topic& topic = model_.topic(request.topics.front());
  if (topic.states[*index].revision < topic.at(request.earliest).revision)
    complain(&session, fmt::format("#{} got an old value", id));
}

// The histories have few topics: one page has them all.
void Witness::check_list(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer) {
  const auto* list = std::get_if<proto::ListDone>(&answer);
  if (!list || list->next != 0) return complain(&session, fmt::format("#{} got no list, or not all of it", id));
  std::set<std::string> listed;
  for (const proto::ListRow& row : list->rows) {
    std::string why;
    const std::string& name = row.current->topic;
    const auto index = model_.recognise(*row.current, why);
    if (!index) return complain(&session, fmt::format("#{} lists {}", id, why));
    const Topic& topic = model_.topic(name);
    if (topic.states[*index].revision < topic.at(request.earliest).revision)
      complain(&session, fmt::format("#{} lists an old value of {}", id, name));
    if (!matches(request.topics.front(), name)) complain(&session, fmt::format("#{} lists {}", id, name));
    if (!listed.insert(name).second) complain(&session, fmt::format("#{} lists {} twice", id, name));
  }
  for (const auto& [name, topic] : model_.topics()) {
    if (listed.contains(name) || !matches(request.topics.front(), name)) continue;
    const auto from = topic.states.begin() + static_cast<std::ptrdiff_t>(topic.index_at(request.earliest));
    const auto is_unset = [](const State& state) { return state.value.is_null(); };
    if (std::none_of(from, topic.states.end(), is_unset)) complain(&session, fmt::format("#{} lacks {}", id, name));
  }
}

void Witness::check_wait(Session& session, proto::RequestId id, const Transition* match,
                         std::optional<ErrorCode> error) {
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
    expected = answer->error
                   ? to_string(*answer->error)
                   : fmt::format("revision {} at {}", model_.topic(waiter.command.topic).states[answer->state].revision,
                                 time_in_words(answer->due));
  }
  complain(&session, fmt::format("wait #{} is answered with {}, expected {}", id,
                                 match   ? describe(*match)
                                 : error ? to_string(*error)
                                         : "?",
                                 expected));
}

bool Witness::may_have_matched(const Waiter& waiter) const {
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    if (model_.answer(waiter.command, waiter.armed, revision, now())) return true;
  }
  return false;
}

bool Witness::hold_has_fired(const Waiter& waiter) const {
  if (waiter.command.hold.count() == 0 || waiter.armed == now()) return false;
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    const auto answer = model_.answer(waiter.command, waiter.armed, revision, now());
    if (!answer || answer->error || answer->due > now()) return false;
    if (answer->due == forgotten_at(waiter.command.expires_after, waiter.armed)) return false;
    if (model_.topic(waiter.command.topic).newest().at == now()) return false;
  }
  return true;
}

bool Witness::wait_is_overdue(const Waiter& waiter, TimePoint instant) const {
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    const auto answer = model_.answer(waiter.command, waiter.armed, revision, instant);
    if (!answer || answer->due > instant) return false;
    if (answer->due == forgotten_at(waiter.command.expires_after, waiter.armed)) return false;
  }
  return true;
}

}  // namespace hoiku::model
