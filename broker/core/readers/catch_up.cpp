#include "broker/core/readers/catch_up.hpp"

#include <utility>

#include "broker/core/checks.hpp"

namespace hoiku::broker {

Opening CatchUp::start_position(const Subscription& subscription, TopicId id, bool is_news) {
  if (subscription.filter != nullptr) return filtered_start_position(subscription, id, is_news);
  const std::uint64_t present = version_of(topics_[id].visible()).number;
  Opening opening;
  opening.in_snapshot = is_news;
  if (!is_news) {
    opening.sent = present;
  } else if (subscription.resume_after && subscription.mode == Mode::every) {
    opening.sent = present == 0 ? 0 : states_.first_after(id, *subscription.resume_after) - 1;
    opening.behind = present - *opening.sent;
  }
  return opening;
}

Opening CatchUp::filtered_start_position(const Subscription& subscription, TopicId id, bool is_news) {
  const State present = states_.committed(id);
  const std::uint64_t newest = present->version.number;
  Opening opening;
  opening.sent = newest;
  if (!is_news) {
    if (subscription.resume_after) opening.counted_from = newest;
    return opening;
  }
  const bool is_resuming = subscription.resume_after && newest > 0;
  const std::uint64_t first = is_resuming ? states_.first_after(id, *subscription.resume_after) : newest;
  // The count begins at the version before only if the history proves that nothing is missing in between.
  if (is_resuming && (first == 1 || states_.find(id, first - 1))) opening.counted_from = first - 1;
  if (is_resuming && subscription.mode == Mode::every) {
    opening.in_snapshot = true;
    opening.sent = first - 1;
    opening.behind = newest - *opening.sent;
    return opening;
  }
  std::uint64_t filtered_after = 0;
  std::size_t steps = 0;
  for (std::uint64_t number = first; number <= newest; ++number) {
    const State state = number == newest ? present : states_.find(id, number);
    steps += steps_of_test(*state, subscription.filter->fields());
    const std::optional<bool> passes = test(*subscription.filter, id, *state);
    if (passes == true) {
      opening.match = state;
      opening.filtered += std::exchange(filtered_after, 0);
    } else if (passes == false) {
      ++filtered_after;
    }
  }
  budget_.spend(steps);
  if (!opening.match) {
    if (is_resuming) opening.filtered = filtered_after;
    return opening;
  }
  if (!is_resuming) opening.filtered = 0;
  opening.in_snapshot = true;
  opening.sent.reset();
  opening.is_over = opening.match != present;
  opening.filtered_after = is_resuming ? filtered_after : 0;
  return opening;
}

// Empty if the state before it, which the filter uses, is discarded.
std::optional<bool> CatchUp::test(Filter& filter, TopicId id, const Transition& state) const {
  static const Value nothing;
  const std::uint64_t number = state.version.number;
  if (number <= 1) return filter.passes(id, state, nothing);
  const State before = states_.find(id, number - 1);
  if (!before && filter.uses_old_value()) return std::nullopt;
  return filter.passes(id, state, before ? before->value : nothing);
}

Sifted CatchUp::find_next_match(const Slot& slot, std::size_t tests_max) {
  const TopicId id = slot.readers->topic;
  const State present = states_.committed(id);
  const std::uint64_t newest = present->version.number;
  Sifted sifted;
  sifted.through = slot.sent;
  while (sifted.through < newest && sifted.tests < tests_max) {
    const std::uint64_t number = sifted.through + 1;
    const State state = number == newest ? present : states_.find(id, number);
    if (!state) {
      sifted.lagged += newest - number;
      sifted.through = newest - 1;
      continue;
    }
    sifted.tests += steps_of_test(*state, slot.subscription->filter->fields());
    const std::optional<bool> passes = test(*slot.subscription->filter, id, *state);
    if (passes == true) {
      sifted.passed = state;
      break;
    }
    ++(passes ? sifted.filtered : sifted.lagged);
    sifted.through = number;
    sifted.revision = state->revision;
  }
  budget_.spend(sifted.tests);
  return sifted;
}

Result<void> CatchUp::attach(Subscription& subscription, TopicId id, std::uint16_t member, bool is_news) {
  if (!subscriptions_.attach(subscription, id, member, start_position(subscription, id, is_news)))
    return about(subscription.kind == SubscriptionKind::pattern ? subscription.pattern : topics_[id].name(),
                 reads_too_many(limits_));
  if (subscription.queue->kept_bytes <= limits_.answer_bytes_max) return {};
  return about(name_of(subscription, topics_), keeps_too_much(limits_));
}

std::string name_of(const Subscription& subscription, const TopicTable& topics) {
  if (!subscription.pattern.empty()) return subscription.pattern;
  return topics[subscription.slots.front()->readers->topic].name();
}

Failure reads_too_many(const Limits& limits) {
  return {ErrorCode::limit_exceeded,
          "a session reads at most " + std::to_string(limits.slots_per_session_max) + " topics, and this is one more"};
}

}  // namespace hoiku::broker
