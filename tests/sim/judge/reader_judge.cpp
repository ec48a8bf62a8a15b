#include "tests/sim/judge/reader_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hoiku::model {

std::vector<std::string> ReaderJudge::judge(const TopicChange& change) {
  std::vector<std::string> wrong;
  if (change.end_of_snapshot) {
    if (std::exchange(marked_, true)) wrong.push_back(fmt::format("the snapshot of {} ended twice", pattern_));
    return wrong;
  }
  const auto complain = [&](const std::string& what) {
    wrong.push_back(fmt::format("{} showed {} version {}: {}", pattern_, change.topic, change.version.number, what));
  };
  if (!matches(pattern_, change.topic)) complain("it does not match");
  const auto [place, is_first] = last_.try_emplace(change.topic);
  const TopicChange before = std::exchange(place->second, change);
  if (!(change.old_value == (is_first ? Value() : before.value))) complain("the old value is not what came before");
  if (change.version.number == 0) {
    if (!change.value.is_null()) complain("never set, and with a value");
  } else {
    const State* state = find_(change.topic, change.version);
    if (!state || !(state->value == change.value)) complain("there was no such state");
  }
  if (filter_) {
    if (const std::string why = wrong_filter(is_first ? TopicChange() : before, change); !why.empty()) complain(why);
  } else if (change.filtered != 0) {
    complain("it has no filter, and something was filtered");
  }
  if (is_first) {
    // The reader may have heard before that the topic is unset, which is no item: then everything up to this one came
    // after.
    const bool since_unset = change.skipped + change.filtered + 1 == change.version.number;
    if (change.skipped != 0 && !since_unset) complain("it is the first, and skipped is wrong");
  } else if (const std::string why = wrong_chain(before, change); !why.empty()) {
    complain(why);
  }
  return wrong;
}

// Checks that a state that does not pass is not shown, and that one that passes is not counted as filtered. (A reader
// that lost its session may not know, and counts it as skipped.)
std::string ReaderJudge::wrong_filter(const TopicChange& before, const TopicChange& change) const {
  if (change.version.number == 0) return "";
  if (!change.value.is_null() && !filter_->passes(change.topic, change.version)) return "it does not pass the filter";
  if (before.version.number == 0) return "";
  const auto most = filter_->not_passing(change.topic, before.version, change.version);
  if (most && change.filtered > *most)
    return fmt::format("{} were filtered, and only {} do not pass", change.filtered, *most);
  return "";
}

// Checks whether one item of a topic may follow the other.
std::string ReaderJudge::wrong_chain(const TopicChange& before, const TopicChange& change) const {
  if (change.version.number == 0) return before.version.number == 0 ? "it was not set before either" : "";
  const bool goes_on = before.version.number == 0 || before.version.epoch == change.version.epoch;
  // After a change of the epoch it is not known how much this reader missed.
  if (!goes_on) return change.skipped == 0 || mode_ == Mode::every ? "" : "another epoch, and skipped is wrong";
  if (change.version.number <= before.version.number) return fmt::format("after version {}", before.version.number);
  const std::uint64_t missing = change.version.number - before.version.number - 1;
  const std::uint64_t between = missing - std::min(missing, change.filtered);
  if (change.skipped != between) return fmt::format("skipped is {}, and {} are missing", change.skipped, between);
  if (mode_ == Mode::latest || between == 0) return "";
  if (!change.lagged || change.lagged->count != between || change.lagged->from.number != before.version.number + 1 ||
      change.lagged->to.number != change.version.number - 1)
    return "what is missing was not told";
  return "";
}

std::vector<std::string> ReaderJudge::judge(const SubscriptionStatistics& counts) const {
  if (counts.received == counts.taken + counts.conflated + counts.pending) return {};
  return {fmt::format("{} has received {}, taken {}, conflated {} and has {} pending", pattern_, counts.received,
                      counts.taken, counts.conflated, counts.pending)};
}

}  // namespace hoiku::model
