#include "broker/core/readers/catch_up.hpp"

#include <utility>

#include "broker/core/checks.hpp"

namespace hoiku::broker {

StartPosition CatchUp::start_position(const Subscription& subscription, TopicId id, bool is_new_to_reader) {
  if (subscription.options().filter != nullptr) return filtered_start_position(subscription, id, is_new_to_reader);
  const std::uint64_t committed_number = version_of(topics_[id].committed()).number;
  StartPosition start;
  start.in_snapshot = is_new_to_reader;
  if (!is_new_to_reader) {
    start.sent = committed_number;
    start.is_mentioned =
        subscription.options().resume_after && subscription.options().is_whole && is_set(topics_[id].committed());
  } else if (subscription.options().resume_after && subscription.options().mode == Mode::every) {
    start.sent = committed_number == 0 ? 0 : states_.first_after(id, *subscription.options().resume_after) - 1;
    start.pending = committed_number - *start.sent;
    start.is_in_gap = !history_reaches(id, *start.sent);
  }
  return start;
}

StartPosition CatchUp::filtered_start_position(const Subscription& subscription, TopicId id, bool is_new_to_reader) {
  const State committed = states_.committed(id);
  const std::uint64_t committed_number = committed->version().number;
  StartPosition start;
  start.sent = committed_number;
  if (!is_new_to_reader) {
    if (subscription.options().resume_after) start.count_baseline = committed_number;
    return start;
  }
  const bool is_resuming = subscription.options().resume_after && committed_number > 0;
  const std::uint64_t first =
      is_resuming ? states_.first_after(id, *subscription.options().resume_after) : committed_number;
  // The count has a baseline only if the history proves that no transition is missing after it.
  if (is_resuming && history_reaches(id, first - 1)) start.count_baseline = first - 1;
  if (is_resuming && subscription.options().mode == Mode::every) {
    start.in_snapshot = true;
    start.sent = first - 1;
    start.pending = committed_number - *start.sent;
    start.is_in_gap = !history_reaches(id, *start.sent);
    return start;
  }
  std::uint64_t filtered_after = 0;
  std::size_t steps = 0;
  for (std::uint64_t number = first; number <= committed_number; ++number) {
    const State state = number == committed_number ? committed : states_.find(id, number);
    steps += steps_of_test(*state, subscription.options().filter->fields());
    const std::optional<bool> passes = test(*subscription.options().filter, id, *state);
    if (passes == true) {
      start.match = state;
      start.filtered += std::exchange(filtered_after, 0);
    } else if (passes == false) {
      ++filtered_after;
    }
  }
  budget_.spend(steps);
  if (!start.match) {
    if (is_resuming) start.filtered = filtered_after;
    return start;
  }
  if (!is_resuming) start.filtered = 0;
  start.in_snapshot = true;
  start.sent.reset();
  start.is_superseded = start.match != committed;
  start.filtered_after = is_resuming ? filtered_after : 0;
  return start;
}

// Number 0 is the topic's beginning.
bool CatchUp::history_reaches(TopicId id, std::uint64_t number) const {
  return number == 0 || states_.find(id, number) != nullptr;
}

// Returns nothing if the filter uses the previous state, and the history has discarded that.
std::optional<bool> CatchUp::test(Filter& filter, TopicId id, const StateRecord& state) const {
  const std::uint64_t number = state.version().number;
  if (number <= 1) return filter.passes(id, state, nullptr);
  const State before = states_.find(id, number - 1);
  if (!before && filter.uses_old_value()) return std::nullopt;
  return filter.passes(id, state, before);
}

FilterScan CatchUp::find_next_match(const Slot& slot, std::size_t steps_max) {
  const TopicId id = slot.topic();
  const State committed = states_.committed(id);
  const std::uint64_t committed_number = committed->version().number;
  FilterScan found;
  found.through = slot.sent();
  while (found.through < committed_number && found.steps < steps_max) {
    const std::uint64_t number = found.through + 1;
    const State state = number == committed_number ? committed : states_.find(id, number);
    if (!state) {
      found.lagged += committed_number - number;
      found.through = committed_number - 1;
      continue;
    }
    found.steps += steps_of_test(*state, slot.subscription().options().filter->fields());
    const std::optional<bool> passes = test(*slot.subscription().options().filter, id, *state);
    if (passes == true) {
      found.passed = state;
      break;
    }
    ++(passes ? found.filtered : found.lagged);
    found.through = number;
    found.revision = state->revision();
  }
  budget_.spend(found.steps);
  return found;
}

Result<void> CatchUp::attach(Subscription& subscription, TopicId id, std::uint16_t member, bool is_new_to_reader) {
  if (!subscriptions_.attach(subscription, id, member, start_position(subscription, id, is_new_to_reader)))
    return about(
        subscription.options().kind == SubscriptionKind::pattern ? subscription.options().pattern : topics_[id].name(),
        subscriptions_.why_refused(subscription));
  if (subscription.queue().kept_bytes <= limits_.answer_bytes_max) return {};
  return about(name_of(subscription, topics_), keeps_too_much(limits_));
}

std::string name_of(const Subscription& subscription, const TopicTable& topics) {
  if (!subscription.options().pattern.empty()) return subscription.options().pattern;
  return topics[subscription.slots().front()->topic()].name();
}

}  // namespace hoiku::broker
