#include "tests/sim/judge/witness/wait_judge.hpp"

#include <fmt/format.h>

#include <iterator>

#include "tests/sim/judge/story.hpp"

namespace hoiku::model {

void WaitJudge::cancel(Session& session, proto::RequestId id) {
  const auto waiter = session.waiters.find(id);
  if (waiter == session.waiters.end()) return;
  if (hold_has_fired(waiter->second)) return;  // its answer is still due
  // The wait may have matched already, and its answer may wait for room in the link: then it may come at any time.
  session.gone[id] = may_have_matched(waiter->second) ? never : now();
  session.waiters.erase(waiter);
}

void WaitJudge::check_answer(Session& session, proto::RequestId id, const proto::Answer& answer) {
  const auto* failed = std::get_if<proto::Failed>(&answer);
  const auto* done = std::get_if<proto::WaitDone>(&answer);
  check_wait(session, id, done ? done->match.get() : nullptr,
             failed ? std::optional(failed->failure.code) : std::nullopt);
  session.gone[id] = TimePoint::min();
  session.waiters.erase(id);
}

void WaitJudge::check_overdue(Session& session, TimePoint instant) {
  for (auto waiter = session.waiters.begin(); waiter != session.waiters.end();) {
    const bool overdue = is_overdue(waiter->second, instant);
    if (overdue) evidence_.complain(&session, fmt::format("wait #{} is overdue", waiter->first));
    waiter = overdue ? session.waiters.erase(waiter) : std::next(waiter);
  }
}

void WaitJudge::check_wait(Session& session, proto::RequestId id, const Transition* match,
                           std::optional<ErrorCode> error) {
  const Waiter& waiter = session.waiters.at(id);
  std::optional<std::size_t> index;
  if (match) {
    std::string why;
    index = model_.recognise(*match, why);
    if (!index) return evidence_.complain(&session, fmt::format("wait #{} matched {}", id, why));
  }
  std::string expected = "nothing";
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    const auto answer = model_.answer(waiter.command, waiter.armed, revision, now());
    if (!answer) continue;
    if (answer->error == error && (error || answer->state == *index) && answer->due <= now()) return;
    expected = answer->error
                   ? to_string(*answer->error)
                   : fmt::format("revision {} at {}", model_.topic(waiter.command.topic).states[answer->state].revision,
                                 evidence_.time_in_words(answer->due));
  }
  evidence_.complain(&session, fmt::format("wait #{} is answered with {}, expected {}", id,
                                           match   ? describe(*match)
                                           : error ? to_string(*error)
                                                   : "?",
                                           expected));
}

bool WaitJudge::may_have_matched(const Waiter& waiter) const {
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    if (model_.answer(waiter.command, waiter.armed, revision, now())) return true;
  }
  return false;
}

bool WaitJudge::hold_has_fired(const Waiter& waiter) const {
  if (waiter.command.hold.count() == 0 || waiter.armed == now()) return false;
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    const auto answer = model_.answer(waiter.command, waiter.armed, revision, now());
    if (!answer || answer->error || answer->due > now()) return false;
    if (answer->due == forgotten_at(waiter.command.expires_after, waiter.armed)) return false;
    if (model_.topic(waiter.command.topic).newest().at == now()) return false;
  }
  return true;
}

bool WaitJudge::is_overdue(const Waiter& waiter, TimePoint instant) const {
  for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
    const auto answer = model_.answer(waiter.command, waiter.armed, revision, instant);
    if (!answer || answer->due > instant) return false;
    if (answer->due == forgotten_at(waiter.command.expires_after, waiter.armed)) return false;
  }
  return true;
}

}  // namespace hoiku::model
