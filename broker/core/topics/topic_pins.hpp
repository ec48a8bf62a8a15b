// topic_pins.hpp: topics that are not removed, because a search in a later turn needs them.
//
// Thread     the core's. Owner: Core.
#pragma once

#include <cstddef>
#include <map>

#include "broker/core/types.hpp"

namespace hoiku::broker {

class TopicPins {
 public:
  void pin(TopicId topic) { ++pins_[topic]; }
  void unpin(TopicId topic) noexcept {  // `topic` is pinned
    const auto found = pins_.find(topic);
    if (--found->second == 0) pins_.erase(found);
  }
  bool is_pinned(TopicId topic) const noexcept { return pins_.contains(topic); }

 private:
  std::map<TopicId, std::size_t> pins_;
};

}  // namespace hoiku::broker
