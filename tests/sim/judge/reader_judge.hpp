// reader_judge.hpp: what a reader of a pattern may be given, item by item: promises 1, 3, 5 and 6 of docs/promises.md, judged
// by what the public API gave, and by what the topics are known to have been.
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
  // The state that the broker called so; nullptr: there was none.
  using Find = std::function<const State*(const std::string& topic, const Version& version)>;

  // What is known of a reader's filter.
  struct Filter {
    std::function<bool(const std::string& topic, const Version& version)> passes;
    // How many between the two do not; nothing: nobody knows.
    std::function<std::optional<std::uint64_t>(const std::string& topic, const Version& from, const Version& to)>
        not_passing;
  };

  ReaderJudge(std::string pattern, Mode mode, Find find, std::optional<Filter> filter = {})
      : pattern_(std::move(pattern)), mode_(mode), find_(std::move(find)), filter_(std::move(filter)) {}

  // Each item, in the order of the reader. Gives what is wrong with it, a sentence each.
  std::vector<std::string> judge(const TopicChange& change);
  // At any time: what came in is what was taken, replaced, or is still there.
  std::vector<std::string> judge(const SubscriptionStatistics& counts) const;

  // What the reader was given last of each topic.
  const std::map<std::string, TopicChange>& last() const { return last_; }
  const std::string& pattern() const { return pattern_; }

 private:
  std::string wrong_filter(const TopicChange& before, const TopicChange& change) const;
  std::string wrong_chain(const TopicChange& before, const TopicChange& change) const;

  std::string pattern_;
  Mode mode_;
  Find find_;
  std::optional<Filter> filter_;
  std::map<std::string, TopicChange> last_;
  bool marked_ = false;
};

}  // namespace hoiku::model
