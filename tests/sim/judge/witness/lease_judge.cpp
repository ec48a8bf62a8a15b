#include "tests/sim/judge/witness/lease_judge.hpp"

#include <fmt/format.h>

namespace hoiku::model {

void LeaseJudge::take(Session& session, const proto::Command& command) {
  if (const auto* own = std::get_if<proto::Own>(&command)) {
    const Model::OwnResult result = model_.own(*own, session.token, session.name, now());
    session.leases[own->id] = LeaseWatch{result.error, false, false, now()};
    if (result.lost) lose(*result.lost);
  } else if (const auto* release = std::get_if<proto::Release>(&command)) {
    model_.release(session.token, release->lease, now());
    const auto watch = session.leases.find(release->lease);
    if (watch == session.leases.end()) return;
    // The answer may still be in flight.
    const bool all_told = watch->second.is_told && !watch->second.is_lost;
    session.gone[release->lease] = all_told ? now() : never;
    session.leases.erase(watch);
  } else if (const auto* declare = std::get_if<proto::Declare>(&command)) {
    const auto error = model_.declare(*declare, session.token, now());
    session.requests[declare->id] = Request{Request::Kind::declare, {declare->topic}, {{error}}, 0, now()};
  } else if (const auto* undeclare = std::get_if<proto::Undeclare>(&command)) {
    const auto expires = [&](const proto::SessionToken& token) { return evidence_.has_expired(token, now()); };
    const Model::UndeclareResult result = model_.undeclare(*undeclare, session.token, expires);
    Request& request = session.requests[undeclare->id];
    request = Request{Request::Kind::declare, {undeclare->topic}, {{result.error}}, 0, now()};
    request.may_be_done = result.may_be_done;
  }
}

void LeaseJudge::lose(const Model::Lease& lease) {
  const auto session = evidence_.sessions.find(lease.owner);
  if (session == evidence_.sessions.end()) return;
  const auto watch = session->second.leases.find(lease.id);
  if (watch == session->second.leases.end()) return;
  watch->second.is_lost = true;
  watch->second.at = now();
}

void LeaseJudge::check_commit(const std::vector<Transition>& record) {
  if (record.front().revision <= model_.revision()) return;  // of a command, which the model has got too
  std::vector<Model::Lease> ended;
  const auto expires_at = [&](const proto::SessionToken& token) { return evidence_.expires_at(token); };
  const std::string wrong = model_.judge_own_commit(record, expires_at, now(), ended);
  if (!wrong.empty()) return evidence_.complain(nullptr, "made a commit by itself: " + wrong);
  evidence_.tell(fmt::format("--- revision {} is the broker's own", record.front().revision));
  for (const Model::Lease& lease : ended) {
    const auto session = evidence_.sessions.find(lease.owner);
    if (session == evidence_.sessions.end()) continue;
    if (evidence_.has_expired(lease.owner, now()))
      session->second.expired = true;
    else
      lose(lease);
  }
}

bool LeaseJudge::check_answer(Session& session, proto::RequestId id, const proto::Answer& answer) {
  LeaseWatch& watch = session.leases.at(id);
  if (std::holds_alternative<proto::Owned>(answer)) {
    if (watch.is_told || watch.refused)
      evidence_.complain(&session, fmt::format("lease #{} begins, which it may not", id));
    watch.is_told = true;
    return true;
  }
  const auto* failed = std::get_if<proto::Failed>(&answer);
  if (!failed) return false;
  const ErrorCode expected = watch.refused.value_or(ErrorCode::not_owner);
  const bool may_end = watch.refused || (watch.is_told && watch.is_lost);
  if (!may_end || failed->failure.code != expected)
    evidence_.complain(&session, fmt::format("lease #{} ends: {}", id, failed->failure.message));
  session.gone[id] = TimePoint::min();
  session.leases.erase(id);
  return true;
}

void LeaseJudge::check_told(Session& session) {
  for (auto& [id, watch] : session.leases) {
    if (!watch.is_told) evidence_.complain(&session, fmt::format("#{} was not told whether it owns its topic", id));
    if (watch.is_told && watch.is_lost)
      evidence_.complain(&session, fmt::format("#{} was not told that it is lost", id));
    watch.is_told = true;
    watch.is_lost = false;
  }
}

void LeaseJudge::begin_instant(TimePoint instant) {
  const TimePoint before = instant - std::chrono::nanoseconds(1);
  model_.withdraw([&](const proto::SessionToken& token) { return evidence_.has_expired(token, before); },
                  [&](const proto::SessionToken& token) { return evidence_.has_expired(token, instant); });
}

void LeaseJudge::check_neglected(TimePoint instant) {
  const auto is_gone = [&](const proto::SessionToken& token) { return evidence_.has_expired(token, instant); };
  model_.withdraw(is_gone);
  if (const std::string what = model_.neglected(is_gone, instant); !what.empty() && evidence_.run)
    evidence_.complain(nullptr, what);
}

}  // namespace hoiku::model
