#include "broker/core/commands/wait.hpp"

#include <utility>

#include "broker/core/checks.hpp"
#include "broker/core/sessions/reply.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

template <class Command>  // a Wait or a WaitTransition
std::unique_ptr<Wait> make_wait(const Session& session, const Command& command) {
  auto wait = std::make_unique<Wait>();
  wait->owner = session.id;
  wait->id = command.id;
  wait->predicate = command.predicate;
  wait->expires_after = command.expires_after;
  return wait;
}

}  // namespace

// ---- Waits for a state

void WaitCommands::execute(Session& session, const proto::Wait& command, Instant now) {
  if (auto begun = begin(session, command, now); !begun) Reply(session, command.id).fail(begun.failure());
}

Result<void> WaitCommands::begin(Session& session, const proto::Wait& command, Instant now) {
  std::unique_ptr<Wait> wait = make_wait(session, command);
  wait->hold = command.hold;
  const auto topic = find_topic(session, *wait, command.topic);
  if (!topic) return topic.failure();
  wait->topic = *topic;
  const State state = topics_[*topic].committed();
  const auto matched = arm(session, std::move(wait), now);
  if (!matched) {
    life_.remove_if_unused(*topic);
    return matched.failure();
  }
  if (*matched) session.answer(proto::WaitDone{command.id, state->transition()}, AnswerBudget::reader);
  return {};
}

// ---- Waits for a transition

void WaitCommands::execute(Session& session, const proto::WaitTransition& command, Instant now) {
  begin_or_refuse(session, command, command.after.value_or(Version{}), now);
}

void WaitCommands::begin_or_refuse(Session& session, const proto::WaitTransition& command,
                                   const Version& searched_through, Instant now) {
  const auto refuse = [&](const Failure& failure) { Reply(session, command.id).fail(failure); };
  std::unique_ptr<Wait> wait = make_wait(session, command);
  wait->on_transition = true;
  const auto topic = find_topic(session, *wait, command.topic);
  if (!topic) return refuse(topic.failure());
  wait->topic = *topic;
  if (auto begun = begin(session, command, std::move(wait), searched_through, now); !begun) {
    life_.remove_if_unused(*topic);
    refuse(begun.failure());
  }
}

Result<void> WaitCommands::begin(Session& session, const proto::WaitTransition& command, std::unique_ptr<Wait> wait,
                                 const Version& searched_through, Instant now) {
  if (command.after) {
    const auto is_done = search_past(session, command, wait->topic, searched_through, now);
    if (!is_done) return is_done.failure();
    if (*is_done) return {};
  }
  const Version known = version_of(topics_[wait->topic].committed());
  if (auto armed = arm(session, std::move(wait), now); !armed) return armed.failure();
  if (!command.after) session.answer(proto::TransitionArmed{command.id, known}, AnswerBudget::reader);
  return {};
}

// True: the wait is answered with a past transition, or postponed. False: no past transition matches; the caller arms
// it.
Result<bool> WaitCommands::search_past(Session& session, const proto::WaitTransition& command, TopicId topic,
                                       const Version& searched_through, Instant now) {
  if (budget_.is_spent()) {
    postpone(session, PostponedWait{command, searched_through, now.monotonic, topic});
    return true;
  }
  const auto past = past_.find(topic, command, searched_through);
  if (!past) return past.failure();
  if (past->match) {
    session.answer(proto::TransitionDone{command.id, past->match->transition(), value_of(past->replaced)},
                   AnswerBudget::reader);
    life_.remove_if_unused(topic);
    return true;
  }
  if (!past->searched_through) return false;
  postpone(session, PostponedWait{command, *past->searched_through, now.monotonic, topic});
  return true;
}

void WaitCommands::postpone(Session& session, PostponedWait wait) {
  const proto::RequestId id = wait.command.id;
  pins_.pin(wait.topic);
  const std::size_t bytes = kept_bytes(wait.command.predicate);
  session.requests.add(id, std::make_unique<PostponedWait>(std::move(wait)), bytes);
  session.postponed.push_back(id);
  if (session.postponed.size() == 1) postponing_.push_back(session.id);
}

void WaitCommands::resume_postponed(Instant now) {
  const std::size_t for_readers = budget_.take_half();
  while (!budget_.is_spent() && !postponing_.empty()) {
    Session* session = sessions_.find(postponing_.front());
    postponing_.pop_front();
    if (session == nullptr) continue;
    budget_.spend(1);
    const proto::RequestId id = session->postponed.front();
    session->postponed.pop_front();
    if (!session->postponed.empty()) postponing_.push_back(session->id);
    PostponedWait* found = session->requests.find<PostponedWait>(id);
    if (found == nullptr) continue;
    PostponedWait taken = std::move(*found);
    session->requests.remove(id);
    const auto waited = now.monotonic - taken.arrived;
    std::chrono::nanoseconds& expires_after = taken.command.expires_after;
    const bool has_expired = expires_after.count() > 0 && expires_after <= waited;
    if (expires_after.count() > 0) expires_after -= waited;
    if (!has_expired) begin_or_refuse(*session, taken.command, taken.searched_through, now);
    pins_.unpin(taken.topic);  // only now: the wait itself keeps its topic again
    life_.remove_if_unused(taken.topic);
  }
  budget_.give_back(for_readers);
}

// ---- Both kinds of waits

// Validates a wait, and returns its topic, which is created if it does not exist.
Result<TopicId> WaitCommands::find_topic(const Session& session, const Wait& wait, const std::string& name) {
  if (auto checked = check_topic_name(name, limits_); !checked) return checked.failure();
  if (auto checked = check_wait(wait.predicate, wait.hold, wait.expires_after, limits_); !checked)
    return about(name, checked.failure());
  auto allowed = requests_.check_quota(session, wait.id, kept_bytes(wait.predicate), name);
  if (!allowed) return allowed.failure();
  broker_topics_.requested(name);
  return requests_.find_or_create(name);
}

// True: the wait matches already, and is not kept.
Result<bool> WaitCommands::arm(Session& session, std::unique_ptr<Wait> wait, Instant now) {
  const Topic& topic = topics_[wait->topic];
  const WaitedTopic state{content_type(topic, schemas_), topic.committed(), topic.changed_at()};
  const std::size_t bytes = kept_bytes(wait->predicate);
  if (topic.committed() && wait->predicate) budget_.spend(steps_of_test(*topic.committed(), wait->predicate->fields()));
  auto matched = waits_.arm(*wait, state, now.monotonic);
  if (!matched) return about(topic.name(), matched.failure());
  const proto::RequestId id = wait->id;
  if (!*matched) session.requests.add(id, std::move(wait), bytes);
  return matched;
}

void WaitCommands::execute(Session& session, const proto::CancelWait& command) {
  const bool is_wait = session.requests.find<Wait>(command.wait) != nullptr ||
                       session.requests.find<PostponedWait>(command.wait) != nullptr;
  if (is_wait) requests_.close(session, command.wait);
}

}  // namespace hoiku::broker
