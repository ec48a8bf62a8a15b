#include "tests/sim/judge/witness/transition_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tests/sim/judge/story.hpp"

namespace hoiku::model {
namespace {

bool has_been_unset(const Topic& topic) {
  return std::any_of(topic.states.begin() + 1, topic.states.end(),
                     [](const State& state) { return state.value.is_null(); });
}

}  // namespace

bool TransitionJudge::cancel(Session& session, proto::RequestId id) {
  const auto found = session.transition_waiters.find(id);
  if (found == session.transition_waiters.end()) return false;
  const bool something_is_under_way = may_have_matched(found->second) || !found->second.told_from;
  session.gone[id] = something_is_under_way ? never : now();
  session.transition_waiters.erase(found);
  return true;
}

void TransitionJudge::check_overdue(Session& session, TimePoint instant) {
  for (auto waiter = session.transition_waiters.begin(); waiter != session.transition_waiters.end();) {
    const bool overdue = is_overdue(waiter->second, instant);
    if (overdue) evidence_.complain(&session, fmt::format("wait for a transition #{} is overdue", waiter->first));
    waiter = overdue ? session.transition_waiters.erase(waiter) : std::next(waiter);
  }
}

std::vector<std::size_t> TransitionJudge::origins(const TransitionWaiter& waiter) const {
  const Topic& topic = model_.topic(waiter.command.topic);
  std::vector<std::size_t> found;
  if (!waiter.command.after) {
    for (std::uint64_t revision = waiter.earliest; revision <= waiter.latest; ++revision) {
      const std::size_t index = topic.index_at(revision);
      if (found.empty() || found.back() != index) found.push_back(index);
    }
    return found;
  }
  const Version after = *waiter.command.after;
  for (std::size_t i = 0; i < topic.states.size(); ++i) {
    // A topic begins as "never set", and begins so again after it was forgotten.
    const bool begins = i == 0 || (model_.forgets() && topic.states[i].value.is_null());
    const bool is_it = after.number == 0 ? begins : topic.version(i) == after;
    if (is_it) found.push_back(i);
  }
  return found;
}

bool TransitionJudge::may_be_lagged(const TransitionWaiter& waiter) const {
  if (!waiter.command.after) return false;
  const Topic& topic = model_.topic(waiter.command.topic);
  for (const std::size_t origin : origins(waiter)) {
    const auto behind = topic.states.begin() + static_cast<std::ptrdiff_t>(origin);
    const bool may_be_forgotten = model_.forgets() && std::any_of(behind, topic.states.end(), [](const State& state) {
                                    return state.value.is_null();
                                  });
    const std::size_t changes = topic.states.size() - 1 - origin;
    if (!may_be_forgotten && changes + 1 <= limits_.history_transitions_max) return false;
  }
  return true;
}

bool TransitionJudge::may_have_matched(const TransitionWaiter& waiter) const {
  const auto all = origins(waiter);
  return all.empty() || std::any_of(all.begin(), all.end(), [&](std::size_t i) {
           return model_.answer(waiter.command, waiter.armed, i).has_value();
         });
}

bool TransitionJudge::is_overdue(const TransitionWaiter& waiter, TimePoint instant) const {
  const TimePoint end = forgotten_at(waiter.command.expires_after, waiter.armed);
  const auto all = origins(waiter);
  return std::all_of(all.begin(), all.end(), [&](std::size_t i) {
    const auto answer = model_.answer(waiter.command, waiter.armed, i);
    return answer && answer->due <= instant && answer->due < end;
  });
}

// Which state was the committed one when the wait was armed is not known within the instant.
bool TransitionJudge::may_misfit(const TransitionWaiter& waiter, std::size_t origin) const {
  const auto answer = model_.answer(waiter.command, waiter.armed, origin);
  const Topic& topic = model_.topic(waiter.command.topic);
  const std::size_t last = answer ? answer->state : topic.states.size() - 1;
  return waiter.command.predicate &&
         !model_.fits(*waiter.command.predicate, waiter.command.topic, topic.states[std::min(origin, last)].revision);
}

void TransitionJudge::check_armed(Session& session, proto::RequestId id, const proto::TransitionArmed& from) {
  TransitionWaiter& waiter = session.transition_waiters.at(id);
  const Topic& topic = model_.topic(waiter.command.topic);
  const auto all = origins(waiter);
  const bool is_known = std::any_of(all.begin(), all.end(), [&](std::size_t i) {
    const Version version = topic.version(i);
    // Once it was forgotten, it may have begun again.
    if (model_.forgets() && from.version.number == 0) return topic.states[i].value.is_null();
    if (model_.forgets() && has_been_unset(topic)) return true;
    return from.version.number == version.number && (version.epoch == 0 || from.version.epoch == version.epoch);
  });
  if (waiter.command.after || waiter.told_from || !is_known)
    evidence_.complain(
        &session, fmt::format("wait for a transition #{} is told to count from version {}", id, from.version.number));
  waiter.told_from = true;
}

void TransitionJudge::check_answer(Session& session, proto::RequestId id, const proto::Answer& answer) {
  if (const auto* from = std::get_if<proto::TransitionArmed>(&answer)) return check_armed(session, id, *from);
  const TransitionWaiter judged = session.transition_waiters.at(id);
  const Topic& topic = model_.topic(judged.command.topic);
  const auto all = origins(judged);
  session.transition_waiters.erase(id);
  session.gone[id] = TimePoint::min();
  if (const auto* failed = std::get_if<proto::Failed>(&answer)) {
    const bool is_right =
        failed->failure.code == ErrorCode::lagged ? may_be_lagged(judged)
        : failed->failure.code == ErrorCode::type_mismatch
            ? std::any_of(all.begin(), all.end(), [&](std::size_t i) { return may_misfit(judged, i); })
            : false;
    if (!is_right)
      evidence_.complain(&session, fmt::format("wait for a transition #{} failed: {}", id, failed->failure.message));
    return;
  }
  const auto* done = std::get_if<proto::TransitionDone>(&answer);
  if (!done)
    return evidence_.complain(&session, fmt::format("wait for a transition #{} is answered with something else", id));
  if (!judged.command.after && !judged.told_from)
    evidence_.complain(&session, fmt::format("wait for a transition #{} was never told from where it counts", id));
  std::string why;
  const auto match = model_.recognise(*done->match, why);
  if (!match) return evidence_.complain(&session, fmt::format("wait for a transition #{} matched {}", id, why));
  const Value before = *match > 0 ? topic.states[*match - 1].value : Value();
  if (!(before == (done->old_value ? *done->old_value : Value())))
    evidence_.complain(&session,
                       fmt::format("wait for a transition #{}: the old value was {}", id, to_display_string(before)));
  const bool is_first = std::any_of(all.begin(), all.end(), [&](std::size_t i) {
    const auto right = model_.answer(judged.command, judged.armed, i);
    return right && !right->is_error && right->state == *match;
  });
  if (!is_first) {
    evidence_.complain(
        &session,
        fmt::format("wait for a transition #{} is answered with {}, which is not the first transition that matches", id,
                    describe(*done->match)));
  }
}

}  // namespace hoiku::model
