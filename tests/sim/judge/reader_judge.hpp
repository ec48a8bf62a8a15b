// reader_judge.hpp: judges the items that a reader of a pattern gets: promises 1, 3, 5 and 6 of docs/promises.md, by
// what the public API returned and by the known states of the topics.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hoiku/hoiku.hpp"
#include "tests/sim/judge/model.hpp"

namespace hoiku::model {

class ReaderJudge {
 public:
  // Returns the state with this version, or nullptr.
  using Find = std::function<const State*(const std::string& topic, const Version& version)>;

  // Knows the effects of a reader's filter.
  struct Filter {
    std::function<bool(const std::string& topic, const Version& version)> passes;
    // Returns how many states between the two do not pass; empty if that is not known.
    std::function<std::optional<std::uint64_t>(const std::string& topic, const Version& from, const Version& to)>
        not_passing;
  };

  ReaderJudge(std::string pattern, Mode mode, Find find, std::optional<Filter> filter = {})
      : pattern_(std::move(pattern)), mode_(mode), find_(std::move(find)), filter_(std::move(filter)) {}

  // Judges each item, in the order of the reader. Returns a sentence for each fault.
  std::vector<std::string> judge(const AnyTransition& transition);
  // Judges the counts, at any time: each item that came in was taken, was replaced, or is pending.
  std::vector<std::string> judge(const SubscriptionStatistics& counts) const;

  // Returns the last item of each topic.
  const std::map<std::string, AnyTransition>& last() const { return last_; }
  const std::string& pattern() const { return pattern_; }

 private:
  std::string wrong_filter(const AnyTransition& before, const AnyTransition& transition) const;
  std::string wrong_chain(const AnyTransition& before, const AnyTransition& transition) const;

  std::string pattern_;
  Mode mode_;
  Find find_;
  std::optional<Filter> filter_;
  std::map<std::string, AnyTransition> last_;
  bool marked_ = false;
};

}  // namespace hoiku::model
