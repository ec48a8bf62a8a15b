// unset_topics.hpp: the topics of one pattern that its reader has taken as unset, so that its inbox can discard them.
//
// An inbox needs its slot of an unset topic for two things: to drop the unset state if a resumed session sends it
// again, and to count what it skips when the topic goes on. So it discards a topic when no session will resume before
// its unset state, and `topics_max` other topics became unset after it: then it is as one that the reader never saw.
//
// Thread     the loop's. Owner: LatestInbox, EveryInbox.
// Limits     topics_max, and those that became unset since the last revision to which the reader is complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "hoiku/proto/transition_view.hpp"

namespace hoiku::client {

class UnsetTopics {
 public:
  explicit UnsetTopics(std::size_t topics_max) noexcept : topics_max_(topics_max) {}

  void taken(const TransitionView& unset) {
    topics_.push_back(Unset{std::string(unset.topic), unset.version, unset.revision});
  }
  // A snapshot has ended: later sessions resume after all that was taken before.
  void snapshot_ended() noexcept {
    for (Unset& topic : topics_) topic.revision = 0;
  }
  // The reader is complete through `revision`. Calls discard(name, version) for each topic that was taken as unset in
  // that version, and may be discarded if it is still.
  template <class Discard>
  void trim(std::uint64_t revision, Discard&& discard) {
    while (topics_.size() > topics_max_ && topics_.front().revision <= revision) {
      discard(topics_.front().name, topics_.front().version);
      topics_.pop_front();
    }
  }

 private:
  struct Unset {
    std::string name;
    Version version;
    std::uint64_t revision = 0;
  };

  std::size_t topics_max_;
  std::deque<Unset> topics_;  // oldest first; a topic may be there more than once
};

}  // namespace hoiku::client
