// wait.cpp: how waits begin and end: for a state, which may be there already, and for a change, which may have happened.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

Failure lagged(const std::string& topic, const std::string& what) {
  return {ErrorCode::lagged,
          "topic " + text::quote(topic) + ": " + what + "; read its present state and go on from there"};
}

}  // namespace

void Core::Rooms::execute(Session& session, const proto::Wait& command, Instant at) {
  auto wait = std::make_unique<Wait>();
  wait->predicate = command.predicate;
  wait->hold = command.hold;
  wait->given_up_after = command.given_up_after;
  const proto::RequestId id = command.id;
  begin_wait(session, id, command.topic, std::move(wait), [&](std::unique_ptr<Wait> made) -> Result<void> {
    const State state = topics[made->topic].visible();
    auto matched = arm(session, std::move(made), at);
    if (!matched) return matched.failure();
    if (*matched) session.answer(proto::WaitDone{id, state}, Outbox::Of::reader);
    return {};
  });
}

void Core::Rooms::execute(Session& session, const proto::WaitTransition& command, Instant at) {
  begin_change_wait(session, command, command.after.value_or(Version{}), at);
}

void Core::Rooms::begin_change_wait(Session& session, const proto::WaitTransition& command,
                                    const Version& looked_through, Instant at) {
  auto wait = std::make_unique<Wait>();
  wait->predicate = command.predicate;
  wait->is_edge = true;
  wait->given_up_after = command.given_up_after;
  const proto::RequestId id = command.id;
  begin_wait(session, id, command.topic, std::move(wait), [&](std::unique_ptr<Wait> made) -> Result<void> {
    const TopicId topic = made->topic;
    if (command.after) {
      // What has happened is looked for in the topic's history. Where this turn has looked at enough, in a later one.
      if (budget.is_spent()) {
        postpone(session, PostponedWait{command, looked_through, at.monotonic, topic});
        return {};
      }
      auto past = find_past(topic, command, looked_through);
      if (!past) return past.failure();
      if (past->match) {
        session.answer(proto::TransitionDone{id, past->match, value_of(past->before)}, Outbox::Of::reader);
        life.remove_if_unused(topic);
        return {};
      }
      if (past->looked_through) {
        postpone(session, PostponedWait{command, *past->looked_through, at.monotonic, topic});
        return {};
      }
    }
    const Version known = version_of(topics[topic].visible());
    if (auto armed = arm(session, std::move(made), at); !armed) return armed.failure();
    if (!command.after) session.answer(proto::TransitionArmed{id, known}, Outbox::Of::reader);
    return {};
  });
}

void Core::Rooms::postpone(Session& session, PostponedWait wait) {
  const proto::RequestId id = wait.command.id;
  pins.pin(wait.topic);
  const std::size_t bytes = kept_bytes(wait.command.predicate);
  session.requests.add(id, std::make_unique<PostponedWait>(std::move(wait)), bytes);
  session.postponed.push_back(id);
  if (session.postponed.size() == 1) postponing.push_back(session.id);
}

// One of each session after the other, with half of what this turn may look at: the other half is for new readers.
void Core::Rooms::take_up_postponed_waits(Instant at) {
  const std::size_t for_readers = budget.take_half();
  while (!budget.is_spent() && !postponing.empty()) {
    Session* session = sessions.find(postponing.front());
    postponing.pop_front();
    if (session == nullptr) continue;
    budget.spend(1);
    const proto::RequestId id = session->postponed.front();
    session->postponed.pop_front();
    if (!session->postponed.empty()) postponing.push_back(session->id);
    PostponedWait* found = session->requests.find<PostponedWait>(id);
    if (found == nullptr) continue;
    PostponedWait taken = std::move(*found);
    session->requests.remove(id);
    const auto waited = at.monotonic - taken.arrived;
    std::chrono::nanoseconds& given_up_after = taken.command.given_up_after;
    const bool is_given_up = given_up_after.count() > 0 && given_up_after <= waited;
    if (given_up_after.count() > 0) given_up_after -= waited;
    if (!is_given_up) begin_change_wait(*session, taken.command, taken.looked_through, at);
    pins.unpin(taken.topic);  // not before it has its topic again
    life.remove_if_unused(taken.topic);
  }
  budget.give_back(for_readers);
}

// What both have in common: may it be, on which topic, and what is said where it may not.
template <class Begin>
void Core::Rooms::begin_wait(Session& session, proto::RequestId id, const std::string& topic,
                             std::unique_ptr<Wait> wait, Begin begin) {
  auto allowed = check_topic_name(topic, limits);
  if (allowed) {
    const auto checked = check_wait(wait->predicate, wait->hold, wait->given_up_after, limits);
    if (!checked) allowed = about(topic, checked.failure());
  }
  if (allowed) allowed = requests.check_quota(session, id, kept_bytes(wait->predicate), topic);
  if (allowed) {
    broker_topics.requested(topic);
    if (auto found = requests.find_or_create(topic); !found) {
      allowed = found.failure();
    } else {
      wait->owner = session.id;
      wait->id = id;
      wait->topic = *found;
      allowed = begin(std::move(wait));
      if (!allowed) life.remove_if_unused(*found);
    }
  }
  if (!allowed && begin_request(session, id)) fail(session, id, allowed.failure(), Outbox::Of::request);
}

// True: it matches already, and nothing is kept of it.
Result<bool> Core::Rooms::arm(Session& session, std::unique_ptr<Wait> wait, Instant at) {
  const Topic& topic = topics[wait->topic];
  const WaitedTopic state{content_type(topic, schemas), topic.visible(), topic.changed_at()};
  const std::size_t bytes = kept_bytes(wait->predicate);
  if (topic.visible() && wait->predicate) budget.spend(steps_of_test(*topic.visible(), wait->predicate->fields()));
  auto matched = waits.arm(*wait, state, at.monotonic);
  if (!matched) return about(topic.name(), matched.failure());
  const proto::RequestId id = wait->id;
  if (!*matched) session.requests.add(id, std::move(wait), bytes);
  return matched;
}

// The first change behind `looked_through` that is visible and matches, with the state that it replaced; or neither. At least one
// state is looked at, so it comes to an end.
Result<Core::Rooms::PastChange> Core::Rooms::find_past(TopicId id, const proto::WaitTransition& command,
                                                       const Version& looked_through) {
  const Topic& topic = topics[id];
  const State& visible = topic.visible();
  const Version present = version_of(visible);
  const Version& after = looked_through;
  const auto asked = [&] { return "version " + std::to_string(command.after->number); };  // what its client knows of
  if (after.number > 0 && (present.number == 0 || (after.epoch != 0 && after.epoch != present.epoch)))
    return lagged(topic.name(), asked() + " was of an earlier life of it");
  if (after.number > present.number) {
    return Failure{ErrorCode::invalid_argument, "topic " + text::quote(topic.name()) + " has come to version " +
                                                    std::to_string(present.number) + ", not yet to " +
                                                    std::to_string(after.number)};
  }
  std::optional<Predicate> test;
  if (command.predicate) {
    auto read = resolved(*command.predicate, content_type(topic, schemas));
    if (!read) return about(topic.name(), read.failure());
    test = std::move(*read);
  }
  static const Value nothing;
  State before;
  for (std::uint64_t number = std::max<std::uint64_t>(after.number, 1); number <= present.number; ++number) {
    const State state = states.find(id, number);
    if (!state) {
      return lagged(topic.name(),
                    "what came after " + asked() + " has gone from its history, which goes back to a later one");
    }
    budget.spend(steps_of_test(*state, test ? test->fields() : 0));
    const bool is_news = number > after.number && !(before && before->value == state->value);
    if (is_news && (!test || test->test(state->value, before ? before->value : nothing))) {
      return PastChange{state, before, std::nullopt};
    }
    if (budget.is_spent() && number > after.number && number < present.number)
      return PastChange{nullptr, nullptr, Version{present.epoch, number}};
    before = state;
  }
  return PastChange{};
}

void Core::Rooms::execute(Session& session, const proto::CancelWait& cancel) {
  const bool is_wait = session.requests.find<Wait>(cancel.wait) != nullptr ||
                       session.requests.find<PostponedWait>(cancel.wait) != nullptr;
  if (is_wait) requests.close(session, cancel.wait);
}

}  // namespace hoiku::broker
