// The part of the witness that judges leases and deadlines: what the clients hear of them, and what the broker did by
// itself.
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/judge/witness.hpp"

namespace hoiku::model {

bool Witness::has_expired(const proto::SessionToken& token, TimePoint at) const {
  const auto found = sessions_.find(token);
  return found == sessions_.end() || found->second.expired || at - found->second.last_heard >= found->second.timeout;
}

void Witness::take_ownership(Session& session, const proto::Command& command) {
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
    model_.declare(*declare, now());
    session.requests[declare->id] = Request{Request::Kind::declare, {declare->topic}, {}, 0, now()};
  }
}

void Witness::lose(const Model::Lease& lease) {
  const auto session = sessions_.find(lease.owner);
  if (session == sessions_.end()) return;
  const auto watch = session->second.leases.find(lease.id);
  if (watch == session->second.leases.end()) return;
  watch->second.is_lost = true;
  watch->second.at = now();
}

void Witness::broker_committed(const std::vector<Transition>& record) {
  step();
  if (record.front().revision <= model_.revision()) return;  // of a command, which the model has got too
  std::vector<Model::Lease> ended;
  const auto is_gone = [&](const proto::SessionToken& token) { return has_expired(token, now()); };
  const std::string wrong = model_.judge_own_commit(record, is_gone, now(), ended);
  if (!wrong.empty()) return complain(nullptr, "made a commit by itself: " + wrong);
  tell(fmt::format("--- revision {} is the broker's own", record.front().revision));
  for (const Model::Lease& lease : ended) {
    const auto session = sessions_.find(lease.owner);
    if (session == sessions_.end()) continue;
    if (has_expired(lease.owner, now()))
      session->second.expired = true;
    else
      lose(lease);
  }
}

// Returns false if the answer is not about a lease.
bool Witness::check_lease(Session& session, proto::RequestId id, const proto::Answer& answer) {
  LeaseWatch& watch = session.leases.at(id);
  if (std::holds_alternative<proto::Owned>(answer)) {
    if (watch.is_told || watch.refused) complain(&session, fmt::format("lease #{} begins, which it may not", id));
    watch.is_told = true;
    return true;
  }
  const auto* failed = std::get_if<proto::Failed>(&answer);
  if (!failed) return false;
  const ErrorCode expected = watch.refused.value_or(ErrorCode::not_owner);
  const bool may_end = watch.refused || (watch.is_told && watch.is_lost);
  if (!may_end || failed->failure.code != expected)
    complain(&session, fmt::format("lease #{} ends: {}", id, failed->failure.message));
  session.gone[id] = TimePoint::min();
  session.leases.erase(id);
  return true;
}

void Witness::check_leases_are_told(Session& session) {
  for (auto& [id, watch] : session.leases) {
    if (!watch.is_told) complain(&session, fmt::format("#{} was not told whether it owns its topic", id));
    if (watch.is_told && watch.is_lost) complain(&session, fmt::format("#{} was not told that it is lost", id));
    watch.is_told = true;
    watch.is_lost = false;
  }
}

}  // namespace hoiku::model
