// topic_history.hpp: topics with their histories, for tests of what reads histories.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "broker/core/topics/history.hpp"
#include "broker/core/topics/topic_states.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"

namespace hoiku::broker {

class TopicHistoryTest : public testing::Test {
 protected:
  // Sets the topic, as revision `revision`, and commits the write at once.
  State set(TopicId id, Value value, std::uint64_t revision, Quality quality = Quality::live) {
    static const std::optional<Version> any_version;
    static const std::optional<WallTime> no_time;
    static const SharedText writer("writer");
    Topic& topic = topics[id];
    const State before = topic.committed();
    State state = topic.apply(Update{value, any_version, no_time, writer, {}, quality}, revision).state;
    topic.commit(state, TimePoint{});
    if (before) histories.append(id, before);
    return state;
  }

  Limits limits;
  TopicTable topics{TopicTableOptions{limits, 1}};
  Histories histories{limits};
  TopicStates states{topics, histories};
};

// One topic. Each set is a commit of its own, so versions and revisions are 1, 2, 3 …
class OneTopicTest : public TopicHistoryTest {
 protected:
  void set(Value value, Quality quality = Quality::live) {
    TopicHistoryTest::set(id, std::move(value), ++revision, quality);
  }

  TurnBudget budget{1000};
  const TopicId id = *topics.create("a");
  std::uint64_t revision = 0;
};

}  // namespace hoiku::broker
