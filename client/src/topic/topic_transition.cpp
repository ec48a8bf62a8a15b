#include "hoiku/client/topic_transition.hpp"

#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/client/errors.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::detail {
namespace {

// Joins two gaps that have no transition between them.
void add(std::optional<Lagged>& gap, const std::optional<Lagged>& more) {
  if (!more) return;
  if (!gap) {
    gap = more;
    return;
  }
  gap->to = more->to;
  gap->count += more->count;
}

}  // namespace

Task<AnyTransition> TransitionReader::next() {
  bus_->require_loop();
  return next_match();
}

Task<AnyTransition> TransitionReader::next_match() {
  for (;;) {
    AnyTransition transition = co_await subscription_.next();
    if (transition.end_of_snapshot) {
      is_live_ = true;
      continue;
    }
    if (!is_live_) continue;  // the state before the first transition
    add(lagged_, transition.lagged);
    transition.lagged = lagged_;
    if (!test_.matches(transition)) continue;
    lagged_.reset();
    co_return transition;
  }
}

namespace {

Task<AnyTransition> wait_at_the_broker(TopicCore topic, std::optional<Predicate> predicate,
                                       std::optional<Version> after) {
  client::BusCore& bus = *topic.bus();
  const TimePoint until = co_await current_effective_deadline();
  proto::WaitTransition command;
  command.topic = topic.name();
  command.predicate = std::move(predicate);
  command.after = after;
  client::BusCore::Pending pending(bus, std::move(command), until);
  co_await pending.wait_renewing();
  const auto done = pending.take<proto::TransitionDone>();
  co_return any_transition(*done.match, done.old_value ? ValueView(*done.old_value) : ValueView());
}

Task<AnyTransition> wait_here(TopicCore topic, TransitionTest test) {
  TransitionReader reader(topic, {});
  for (;;) {
    AnyTransition transition = co_await reader.next();
    if (transition.lagged) {
      const std::uint64_t count = transition.lagged->count;
      const std::string missed =
          count > 0 ? std::to_string(count) + " transitions" : "an unknown number of transitions";
      throw Error(ErrorCode::lagged, "this wait has missed " + missed + " of topic " + text::quote(topic.name()) +
                                         ": read its latest state and wait again");
    }
    if (test.matches(transition)) co_return transition;
  }
}

}  // namespace

Task<AnyTransition> wait_transition(TopicCore topic, std::optional<Predicate> predicate, std::optional<Version> after) {
  topic.bus()->require_loop();
  return wait_at_the_broker(std::move(topic), std::move(predicate), after);
}

Task<AnyTransition> wait_local_transition(TopicCore topic, TransitionTest test) {
  topic.bus()->require_loop();
  return wait_here(std::move(topic), std::move(test));
}

}  // namespace hoiku::detail
