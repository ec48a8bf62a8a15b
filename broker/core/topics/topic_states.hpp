// topic_states.hpp: looks up the committed and the earlier states of topics.
//
// Promises   a committed state is never null: a topic without one has a state of version 0 and no value. Past states
//            come from the topic's history; null says that the history does not go back to them.
// Thread     the core's. Owner: Core; the tables are kept by reference.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "broker/core/topics/history.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/types.hpp"

namespace hoiku::broker {

class TopicStates {
 public:
  TopicStates(const TopicTable& topics, const Histories& histories) : topics_(topics), histories_(histories) {}

  State committed(TopicId topic) const;
  State committed(std::string_view name) const;  // the topic need not exist
  // The state of that number, which is 1 or more.
  State find(TopicId topic, std::uint64_t number) const;
  // The states between the one of that number and the committed one, in their order, until the history changes.
  // Nothing, if the first of them is discarded.
  std::span<const State> past_after(TopicId topic, std::uint64_t number) const noexcept {
    return histories_.from(topic, number + 1);
  }
  // The number of the first known state that is newer than `revision`. The committed state is newer.
  std::uint64_t first_after(TopicId topic, std::uint64_t revision) const;

 private:
  const TopicTable& topics_;
  const Histories& histories_;
};

}  // namespace hoiku::broker
