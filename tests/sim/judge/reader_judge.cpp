#include "tests/sim/judge/reader_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hoiku::model {

std::vector<std::string> ReaderJudge::judge(const AnyTransition& transition) {
  std::vector<std::string> wrong;
  if (transition.end_of_snapshot) {
    if (std::exchange(marked_, true)) wrong.push_back(fmt::format("the snapshot of {} ended twice", pattern_));
    return wrong;
  }
  const auto complain = [&](const std::string& what) {
    wrong.push_back(
        fmt::format("{} showed {} version {}: {}", pattern_, transition.topic, transition.version.number, what));
  };
  if (!matches(pattern_, transition.topic)) complain("it does not match");
  const auto [place, is_first] = last_.try_emplace(transition.topic);
  const AnyTransition before = std::exchange(place->second, transition);
  if (!(transition.old_value == (is_first ? Value() : before.value))) complain("the old value is not what came before");
  if (transition.version.number == 0) {
    if (!transition.value.is_null()) complain("never set, and with a value");
  } else {
    const State* state = find_(transition.topic, transition.version);
    if (!state || !(state->value == transition.value)) complain("there was no such state");
  }
  if (filter_) {
    if (const std::string why = wrong_filter(is_first ? AnyTransition() : before, transition); !why.empty())
      complain(why);
  } else if (transition.filtered != 0) {
    complain("it has no filter, and something was filtered");
  }
  if (is_first) {
    // The reader may have heard before that the topic is unset, which is no item: then everything up to this one came
    // after.
    const std::uint64_t others = transition.skipped + transition.filtered;
    const Version unset{transition.version.epoch, transition.version.number - others - 1};
    const State* known = unset.number == 0 ? nullptr : find_(transition.topic, unset);
    const bool since_unset = others < transition.version.number && (!known || known->value.is_null());
    // A state that left the history cannot be tested; the reader had the topic before, in one that did not pass.
    const bool may_be_lagged = filter_ && transition.lagged;
    if (transition.skipped != 0 && !since_unset && !may_be_lagged) complain("it is the first, and skipped is wrong");
    // After its snapshot a reader of every transition has each topic from its beginning, or is told what is missing.
    if (marked_ && mode_ == Mode::every && !filter_ && transition.version.number != 0 && !since_unset)
      complain("it is the first, and what is missing was not told");
  } else if (const std::string why = wrong_chain(before, transition); !why.empty()) {
    complain(why);
  }
  return wrong;
}

// Checks that a state that does not pass is not shown, and that one that passes is not counted as filtered. (A reader
// that lost its session may not know, and counts it as skipped.)
std::string ReaderJudge::wrong_filter(const AnyTransition& before, const AnyTransition& transition) const {
  if (transition.version.number == 0) return "";
  if (!transition.value.is_null() && !filter_->passes(transition.topic, transition.version))
    return "it does not pass the filter";
  if (before.version.number == 0) return "";
  const auto most = filter_->not_passing(transition.topic, before.version, transition.version);
  if (most && transition.filtered > *most)
    return fmt::format("{} were filtered, and only {} do not pass", transition.filtered, *most);
  return "";
}

// Checks whether one item of a topic may follow the other.
std::string ReaderJudge::wrong_chain(const AnyTransition& before, const AnyTransition& transition) const {
  if (transition.version.number == 0) return before.version.number == 0 ? "it was not set before either" : "";
  const bool goes_on = before.version.number == 0 || before.version.epoch == transition.version.epoch;
  // After a change of the epoch it is not known how much this reader missed.
  if (!goes_on) return transition.skipped == 0 || mode_ == Mode::every ? "" : "another epoch, and skipped is wrong";
  if (transition.version.number <= before.version.number) return fmt::format("after version {}", before.version.number);
  const std::uint64_t missing = transition.version.number - before.version.number - 1;
  const std::uint64_t between = missing - std::min(missing, transition.filtered);
  if (transition.skipped != between)
    return fmt::format("skipped is {}, and {} are missing", transition.skipped, between);
  if (mode_ == Mode::latest || between == 0) return "";
  if (!transition.lagged || transition.lagged->count != between ||
      transition.lagged->from.number != before.version.number + 1 ||
      transition.lagged->to.number != transition.version.number - 1)
    return "what is missing was not told";
  return "";
}

std::vector<std::string> ReaderJudge::judge(const SubscriptionStatistics& counts) const {
  if (counts.received == counts.taken + counts.conflated + counts.pending) return {};
  return {fmt::format("{} has received {}, taken {}, conflated {} and has {} pending", pattern_, counts.received,
                      counts.taken, counts.conflated, counts.pending)};
}

}  // namespace hoiku::model
