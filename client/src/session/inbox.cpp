#include "client/src/session/inbox.hpp"

#include <algorithm>

namespace hoiku::client {

bool is_unset(const Transition& transition) noexcept { return transition.version.number == 0; }

bool is_duplicate(const Transition& last, const Transition& next) noexcept {
  if (is_unset(next)) return is_unset(last);
  return last.version.epoch == next.version.epoch && next.version.number <= last.version.number;
}

TransitionPtr unset_by_restart(const Transition& last, std::uint64_t revision) {
  auto unset = std::make_shared<Transition>();
  unset->topic = last.topic;
  unset->revision = revision;
  return unset;
}

std::uint64_t versions_between(const Transition& from, const Transition& to) noexcept {
  // An unset topic had no epoch yet, so every version up to `to` came after it.
  if (!is_unset(from) && from.version.epoch != to.version.epoch) return 0;
  if (to.version.number <= from.version.number) return 0;
  return to.version.number - from.version.number - 1;
}

std::uint64_t filtered_between(const TransitionPtr& last, const Transition& next, const GapCounts& counts) noexcept {
  const bool same_epoch = last && (is_unset(*last) || last->version.epoch == next.version.epoch);
  if (!same_epoch) return counts.filtered;
  const std::uint64_t known = last->version.number;
  const std::uint64_t before = counts.count_baseline > known ? counts.count_baseline - known : 0;
  return std::min(counts.filtered + before, versions_between(*last, next));
}

}  // namespace hoiku::client
