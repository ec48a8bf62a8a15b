// receive.cpp: the other half of session.hpp: what the broker says.
#include <algorithm>
#include <utility>

#include "client/src/session/session.hpp"
#include "hoiku/proto/size.hpp"

namespace hoiku::client {
namespace {

Failure violation(const std::string& what) {
  return {ErrorCode::protocol_violation, "the broker broke the protocol: " + what};
}

// It is about a request of the session that it was made in.
bool is_of_its_session(const proto::Command& command) {
  return std::holds_alternative<proto::Unsubscribe>(command) || std::holds_alternative<proto::CancelWait>(command) ||
         std::holds_alternative<proto::Renew>(command) || std::holds_alternative<proto::Release>(command);
}

bool carries_content(const proto::ServerFrame& frame) {
  return !frame.deliveries.empty() || !frame.snapshot_ends.empty() || !frame.answers.empty();
}

proto::Failed failed(proto::RequestId id, Failure failure) {
  proto::Failed answer;
  answer.id = id;
  answer.failure = std::move(failure);
  return answer;
}

}  // namespace

Result<Received> Session::receive(const proto::ServerFrame& frame, TimePoint now) {
  Received received;
  if (state_ == State::disconnected) return received;
  // A broker that could not read the hello does not know the incarnation when it refuses.
  const bool current = frame.incarnation == incarnation_ || (frame.fatal && frame.incarnation == 0);
  if (!current) return received;

  if (frame.fatal) {
    lose_session(received);
    disconnected();
    received.fatal = frame.fatal;
    return received;
  }
  if (state_ == State::greeting) {
    if (!frame.welcome) return violation("its first frame is not a welcome");
    Result<void> accepted = accept_welcome(frame, now, received);
    if (!accepted) return accepted.failure();
  } else if (frame.welcome) {
    return violation("it sent a second welcome");
  } else if (!kept_.acknowledge(frame.acknowledged)) {
    return violation("it acknowledged a frame that was not sent");
  }

  if (frame.number == 0) {
    if (carries_content(frame)) return violation("a frame with content has no number");
    return received;
  }
  using Verdict = proto::ReceivedFrames::Verdict;
  const Verdict verdict = incoming_.accept(frame.number);
  if (verdict == Verdict::gap) return violation("a frame is missing before number " + std::to_string(frame.number));
  if (verdict == Verdict::duplicate) return received;

  apply_deliveries(frame, received);
  if (frame.complete_through != 0) apply_completeness(frame.complete_through);
  for (const proto::Answer& answer : frame.answers) apply_answer(answer, now, received);
  return received;
}

Result<void> Session::accept_welcome(const proto::ServerFrame& frame, TimePoint now, Received& received) {
  const proto::Welcome& welcome = *frame.welcome;
  // A session that began with another connection is not ours: the hello of one that was given up may come late, after our
  // session has ended, and begin one that only the broker knows.
  const bool knows_us = session_since_ != 0 && welcome.resumed && welcome.since == session_since_;
  if (knows_us) {
    if (!kept_.acknowledge(frame.acknowledged)) return violation("it acknowledged a frame that was not sent");
    received.session = SessionNews::resumed;
  } else {
    lose_session(received);
    rearm(welcome.run, now, received);
    received.session = !ever_welcomed_       ? SessionNews::opened
                       : welcome.run != run_ ? SessionNews::restarted
                                             : SessionNews::lost;
  }
  kept_.rewind();

  state_ = State::established;
  session_since_ = welcome.since;
  ever_welcomed_ = true;
  run_ = welcome.run;
  const auto timeout =
      welcome.session_timeout.count() > 0 ? welcome.session_timeout : options_.limits.session_timeout_default;
  // Whatever a broker says: a heartbeat takes neither all our time nor more than a clock can count.
  heartbeat_every_ = std::chrono::nanoseconds(std::clamp(timeout, options_.limits.session_timeout_min,
                                                         options_.limits.session_timeout_max)) /
                     3;
  last_sent_ = now;
  if (welcome.value_bytes_max != 0) value_bytes_max_ = welcome.value_bytes_max;
  if (welcome.frame_bytes_max != 0) {
    // Below this not even a name of the greatest length would fit.
    frame_bytes_max_ = std::max<std::size_t>(welcome.frame_bytes_max, std::size_t{64} << 10);
  }
  if (welcome.credit_transitions != 0) credit_ = welcome.credit_transitions;
  refuse_what_is_too_large(received);
  return {};
}

void Session::lose_session(Received& received) {
  std::vector<proto::RequestId> writes;
  for (auto& [id, request] : requests_) {
    Subscription* known = request.subscription.get();
    // A subscription that was to be made anew, but not sent before the new session was lost as well, knows something too.
    if (request.stage == Request::Stage::queued && known && known->started) {
      queue_.remove(id);
      request.stage = Request::Stage::lost;
    }
    if (request.stage != Request::Stage::sent) continue;
    if (known && known->complete && !known->has_interval && complete_told_ > known->complete_at) {
      known->resume->revision = std::max(known->resume->revision, complete_through_);
    }
    if (request.is_write() || request.abandoned) {
      writes.push_back(id);
    } else {
      request.stage = Request::Stage::lost;
    }
  }
  std::sort(writes.begin(), writes.end());
  for (const proto::RequestId id : writes) {
    const auto found = requests_.find(id);
    if (found->second.abandoned) {
      --abandoned_;
    } else {
      const auto written = [](const Request& request) {
        const std::string others = " and " + std::to_string(request.further_topics) + " more";
        return "'" + request.topic + "'" + (request.further_topics > 0 ? others : "");
      };
      received.completions.push_back(Completion{
          id, failed(id, {ErrorCode::outcome_unknown,
                          "the session was lost while a write to " + written(found->second) +
                              " was in flight: it may or may not have been applied; read the topic to find out"})});
    }
    requests_.erase(found);
  }
  session_since_ = 0;
  kept_ = {};
  in_flight_ = 0;
  incoming_ = {};
  acknowledged_ = 0;
  complete_told_ = 0;
}

// Nobody could tell us meanwhile.
void Session::end_leases_whose_time_is_over(TimePoint now, Received& received) {
  for (auto next = requests_.begin(); next != requests_.end();) {
    const auto& [id, request] = *next;
    if (request.kind != Request::Kind::lease || request.until > now) {
      ++next;
      continue;
    }
    const std::string& topic = std::get<proto::Own>(*request.command).topic;
    received.completions.push_back(
        Completion{id, failed(id, {ErrorCode::not_owner, "topic '" + topic + "': the time of its lease is over"})});
    queue_.remove(id);  // where the session before this one ended at once
    next = requests_.erase(next);
  }
}

// Brings what the last session knew into the new one, in the order of the ids.
void Session::rearm(std::uint64_t run, TimePoint now, Received& received) {
  end_leases_whose_time_is_over(now, received);
  std::vector<proto::Command> commands;
  for (auto& [id, request] : requests_) {
    if (request.stage != Request::Stage::lost) continue;
    request.stage = Request::Stage::queued;
    if (request.subscription) {
      Subscription& again = *request.subscription;
      // Revisions mean nothing to another run of the broker: it sends everything.
      if (again.resume && again.resume->run != run) again.resume.reset();
      again.complete = false;
      again.renewed = 0;
      if (again.every) {
        again.every->begin_resync(again.resume.has_value());
      } else {
        again.inbox.begin_resync(again.resume ? std::optional(again.resume->revision) : std::nullopt);
      }
      std::get<proto::Subscribe>(*request.command).resume = again.resume;
    }
    commands.push_back(*request.command);
  }
  std::sort(commands.begin(), commands.end(), [](const auto& a, const auto& b) { return id_of(a) < id_of(b); });
  queue_.restart(std::move(commands), is_of_its_session);
}

// Another broker may have other limits than the one for which a write was accepted; it would cut us off.
void Session::refuse_what_is_too_large(Received& received) {
  const auto too_large = queue_.take_if([this](const proto::Command& command) {
    return proto::size_of(command).bound() + proto::frame_overhead_bytes > frame_bytes_max_;
  });
  for (const proto::Command& command : too_large) {
    received.completions.push_back(Completion{
        id_of(command),
        failed(id_of(command),
               {ErrorCode::too_large, "the request does not fit into a frame of the broker, which has at most " +
                                          std::to_string(frame_bytes_max_) + " bytes"})});
    forget_registration(command);
    requests_.erase(id_of(command));
  }
}

void Session::apply_deliveries(const proto::ServerFrame& frame, Received& received) {
  const auto mark = [&](proto::RequestId id, Subscription& news) {
    if (std::exchange(news.dirty, true)) return;
    received.subscriptions.push_back(id);
  };
  for (const proto::Delivery& delivery : frame.deliveries) {
    Subscription* found = subscription(delivery.subscription);
    if (!found || !delivery.transition) continue;  // cancelled meanwhile
    const GapCounts counts{delivery.lagged, delivery.filtered, delivery.counted_from};
    if (found->every) {
      if (found->every->put(delivery.transition, counts)) mark(delivery.subscription, *found);
      renew(delivery.subscription, *found);
    } else if (found->inbox.put(delivery.member, delivery.transition, counts)) {
      mark(delivery.subscription, *found);
    }
  }
  for (const proto::SnapshotEnd& end : frame.snapshot_ends) {
    Subscription* found = subscription(end.subscription);
    if (!found) continue;
    found->complete = true;
    found->complete_at = complete_told_;
    found->resume = proto::ResumePoint{run_, end.revision};
    const bool is_news = found->every ? found->every->end_snapshot(end.revision, end.whole)
                                      : found->inbox.end_snapshot(end.revision, end.whole);
    if (is_news) mark(end.subscription, *found);
  }
  for (const proto::RequestId id : received.subscriptions) subscription(id)->dirty = false;
}

void Session::apply_completeness(std::uint64_t revision) {
  ++complete_told_;
  complete_through_ = revision;
}

// What is kept beyond its answer: it has to be said again in a new session.
bool Session::apply_first_answer(proto::RequestId id, Request& request, const proto::Answer& answer, TimePoint now,
                                 Received& received) {
  using Kind = Request::Kind;
  if (request.kind == Kind::declaration && std::holds_alternative<proto::Done>(answer)) {
    // Also where nobody waits for it any more: the broker has it.
    if (std::exchange(request.abandoned, false))
      --abandoned_;
    else
      received.completions.push_back(Completion{id, answer});
    remember_declaration(id, std::get<proto::Declare>(*request.command));
    return true;
  }
  if (request.kind == Kind::registration && std::holds_alternative<proto::Done>(answer)) return true;
  if (request.kind == Kind::lease && std::holds_alternative<proto::Owned>(answer)) {
    auto& own = std::get<proto::Own>(*request.command);
    // Whoever took the topic over meanwhile keeps it.
    own.take_over = false;
    if (own.lasting.count() > 0 && request.until == never) request.until = saturating_add(now, own.lasting);
    received.subscriptions.push_back(id);
    return true;
  }
  if (request.kind == Kind::registration) forget_registration(*request.command);
  if (request.kind == Kind::declaration) {
    const auto declared = declared_.find(std::get<proto::Declare>(*request.command).topic);
    if (declared != declared_.end() && declared->second == id) declared_.erase(declared);
  }
  return false;
}

void Session::forget_registration(const proto::Command& command) {
  if (const auto* schema = std::get_if<proto::RegisterSchema>(&command)) registered_.erase(schema->message_type);
}

// One declaration of each topic is kept: the newest, with what the older one said besides.
void Session::remember_declaration(proto::RequestId id, proto::Declare& declared) {
  proto::RequestId& kept = declared_.try_emplace(declared.topic, id).first->second;
  if (kept == id) return;
  const auto older = requests_.find(kept);
  const proto::Declare& before = std::get<proto::Declare>(*older->second.command);
  if (!declared.deadline) declared.deadline = before.deadline;
  if (!declared.history) declared.history = before.history;
  requests_.erase(older);
  kept = id;
}

void Session::apply_answer(const proto::Answer& answer, TimePoint now, Received& received) {
  const proto::RequestId id = std::visit([](const auto& a) { return a.id; }, answer);
  const auto found = requests_.find(id);
  if (found == requests_.end() || found->second.stage != Request::Stage::sent)
    return;  // a cancelled wait's late answer
  using Kind = Request::Kind;
  const Kind kind = found->second.kind;
  if (const auto* armed = std::get_if<proto::TransitionArmed>(&answer); armed && kind == Kind::change) {
    // A new session has to know from where: what happens until then must not be missed.
    std::get<proto::WaitTransition>(*found->second.command).after = armed->version;
    return;
  }
  if (found->second.is_one_shot()) --in_flight_;
  if (apply_first_answer(id, found->second, answer, now, received)) return;

  const auto* got = std::get_if<proto::GetDone>(&answer);
  const auto* matched = std::get_if<proto::WaitDone>(&answer);
  const auto* changed = std::get_if<proto::TransitionDone>(&answer);
  const bool fits = std::holds_alternative<proto::Failed>(answer) ||
                    (kind == Kind::set && std::holds_alternative<proto::SetDone>(answer)) ||
                    (kind == Kind::commit && std::holds_alternative<proto::CommitDone>(answer)) ||
                    (kind == Kind::list && std::holds_alternative<proto::ListDone>(answer)) ||
                    (kind == Kind::schema && std::holds_alternative<proto::SchemaDone>(answer)) ||
                    (kind == Kind::readers && std::holds_alternative<proto::ReadersDone>(answer)) ||
                    (kind == Kind::get && got && got->current) || (kind == Kind::wait && matched && matched->match) ||
                    (kind == Kind::change && changed && changed->match);
  if (found->second.abandoned) {
    --abandoned_;
  } else {
    received.completions.push_back(
        Completion{id, fits ? answer : failed(id, violation("the answer does not fit the request"))});
  }
  std::erase(received.subscriptions, id);
  requests_.erase(found);
}

}  // namespace hoiku::client
