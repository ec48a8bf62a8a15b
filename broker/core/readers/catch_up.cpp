// catch_up.cpp: how readers begin with a topic, and what those with a filter are sent of it. Its visible state and its
// history are all that is known: a version whose predecessor has gone cannot be tested by a filter over old_value.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"

namespace hoiku::broker {

// A reader without a filter, or one that begins anew, has the present state before it; one that comes back goes on from
// where it was. `is_news`: there is something to be told first.
Opening Core::Rooms::opening_of(const Subscription& subscription, TopicId id, bool is_news) {
  if (subscription.filter != nullptr) return filtered_opening_of(subscription, id, is_news);
  const std::uint64_t present = version_of(topics[id].visible()).number;
  Opening opening;
  opening.in_snapshot = is_news;
  if (!is_news) {
    opening.sent = present;
  } else if (subscription.resume_after && subscription.mode == Mode::every) {
    opening.sent = present == 0 ? 0 : states.first_after(id, *subscription.resume_after) - 1;
    opening.behind = present - *opening.sent;
  }
  return opening;
}

Opening Core::Rooms::filtered_opening_of(const Subscription& subscription, TopicId id, bool is_news) {
  const State present = states.committed(id);
  const std::uint64_t newest = present->version.number;
  Opening opening;
  opening.sent = newest;
  if (!is_news) {
    if (subscription.resume_after) opening.counted_from = newest;
    return opening;
  }
  const bool comes_back = subscription.resume_after && newest > 0;
  const std::uint64_t first = comes_back ? states.first_after(id, *subscription.resume_after) : newest;
  // Only where the version before it is known can it be said that nothing is missing in between.
  if (comes_back && (first == 1 || states.find(id, first - 1))) opening.counted_from = first - 1;
  if (comes_back && subscription.mode == Mode::every) {
    opening.in_snapshot = true;
    opening.sent = first - 1;
    opening.behind = newest - *opening.sent;
    return opening;
  }
  std::uint64_t filtered_after = 0;
  std::size_t steps = 0;
  for (std::uint64_t number = first; number <= newest; ++number) {
    const State state = number == newest ? present : states.find(id, number);
    steps += steps_of_test(*state, subscription.filter->fields());
    const std::optional<bool> passes = test(*subscription.filter, id, *state);
    if (passes == true) {
      opening.match = state;
      opening.filtered += std::exchange(filtered_after, 0);
    } else if (passes == false) {
      ++filtered_after;
    }
  }
  budget.spend(steps);
  if (!opening.match) {
    if (comes_back) opening.filtered = filtered_after;
    return opening;
  }
  if (!comes_back) opening.filtered = 0;
  opening.in_snapshot = true;
  opening.sent.reset();
  opening.is_over = opening.match != present;
  opening.filtered_after = comes_back ? filtered_after : 0;
  return opening;
}

// Nothing: that cannot be known any more.
std::optional<bool> Core::Rooms::test(Filter& filter, TopicId id, const Transition& state) const {
  static const Value nothing;
  const std::uint64_t number = state.version.number;
  if (number <= 1) return filter.passes(id, state, nothing);
  const State before = states.find(id, number - 1);
  if (!before && filter.uses_old_value()) return std::nullopt;
  return filter.passes(id, state, before ? before->value : nothing);
}

// What an `every` reader has not been sent, up to the first that passes. As for everybody, where the next state has gone from
// the history, the present one is next.
Sifted Core::Rooms::sift(const Slot& slot, std::size_t tests_max) {
  const TopicId id = slot.readers->topic;
  const State present = states.committed(id);
  const std::uint64_t newest = present->version.number;
  Sifted sifted;
  sifted.through = slot.sent;
  while (sifted.through < newest && sifted.tests < tests_max) {
    const std::uint64_t number = sifted.through + 1;
    const State state = number == newest ? present : states.find(id, number);
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
  budget.spend(sifted.tests);
  return sifted;
}

Result<void> Core::Rooms::attach(Subscription& subscription, TopicId id, std::uint16_t member, bool is_news) {
  if (!subscriptions.attach(subscription, id, member, opening_of(subscription, id, is_news)))
    return about(subscription.kind == SubscriptionKind::pattern ? subscription.pattern : topics[id].name(),
                 reads_too_many());
  if (subscription.queue->kept_bytes <= limits.answer_bytes_max) return {};
  return about(name_of(subscription), keeps_too_much(limits));
}

// Those in `broken`. They are told why.
void Core::Rooms::fail_broken() {
  for (Broken& one : std::exchange(broken, {})) {
    const Session* session = sessions.find(one.owner);
    if (session == nullptr) continue;
    Subscription* subscription = session->requests.find<Subscription>(one.id);
    if (subscription == nullptr) continue;  // it may be broken by two topics of one commit
    fail_subscription(*subscription, about(name_of(*subscription), one.failure));
  }
}

}  // namespace hoiku::broker
