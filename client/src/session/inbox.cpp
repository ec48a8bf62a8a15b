#include "client/src/session/inbox.hpp"

#include <algorithm>

namespace hoiku::client {

bool is_unset(const Version& version) noexcept { return version.number == 0; }

bool is_duplicate(const Version& last, const Version& next) noexcept {
  if (is_unset(next)) return is_unset(last);
  return last.epoch == next.epoch && next.number <= last.number;
}

TransitionPtr unset_by_restart(const std::string& topic, std::uint64_t revision) {
  auto unset = std::make_shared<Transition>();
  unset->topic = topic;
  unset->revision = revision;
  return unset;
}

std::uint64_t versions_between(const Version& from, const Version& to) noexcept {
  // An unset topic had no epoch yet, so every version up to `to` came after it.
  if (!is_unset(from) && from.epoch != to.epoch) return 0;
  if (to.number <= from.number) return 0;
  return to.number - from.number - 1;
}

std::uint64_t filtered_between(const std::optional<Version>& last, const Version& next,
                               const GapCounts& counts) noexcept {
  const bool same_epoch = last && (is_unset(*last) || last->epoch == next.epoch);
  if (!same_epoch) return counts.filtered;
  const std::uint64_t before = counts.count_baseline > last->number ? counts.count_baseline - last->number : 0;
  return std::min(counts.filtered + before, versions_between(*last, next));
}

}  // namespace hoiku::client
