// reader_judge.hpp: what a reader of a pattern may be given, item by item: promises 1, 3, 5 and 6 of architecture.md, judged
// by what the public API gave, and by what the topics are known to have been.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "hoiku/hoiku.hpp"
#include "tests/sim/model.hpp"

namespace hoiku::model {

class ReaderJudge {
 public:
  // The state that the broker called so; nullptr: there was none.
  using Find = std::function<const State*(const std::string& topic, const Version& version)>;

  ReaderJudge(std::string pattern, Mode mode, Find find)
      : pattern_(std::move(pattern)), mode_(mode), find_(std::move(find)) {}

  // Each item, in the order of the reader. Gives what is wrong with it, a sentence each.
  std::vector<std::string> judge(const TopicChange& change);
  // At any time: what came in is what was taken, replaced, or is still there.
  std::vector<std::string> judge(const SubscriptionStatistics& counts) const;

  // What the reader was given last of each topic.
  const std::map<std::string, TopicChange>& last() const { return last_; }
  const std::string& pattern() const { return pattern_; }

 private:
  std::string wrong_chain(const TopicChange& before, const TopicChange& change) const;

  std::string pattern_;
  Mode mode_;
  Find find_;
  std::map<std::string, TopicChange> last_;
  bool marked_ = false;
};

}  // namespace hoiku::model
