// catch_up.hpp: decides with which state of a topic a reader starts, and finds the states that its filter lets pass.
//
// Promises   a reader that is new is sent the committed state first, if its filter lets it pass; one that resumes
//            continues after the last state it has, as far as the topic's history goes back. An `every` reader is told
//            if the history may have lost states that it does not have. A state whose predecessor is discarded cannot
//            be tested by a filter over old_value: for an `every` reader it counts as lagged, a `latest` reader is not
//            sent it.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Cost       a search in a history spends the turn's budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/topics/topic_states.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class CatchUp {
 public:
  CatchUp(const Limits& limits, const TopicTable& topics, const TopicStates& states, Subscriptions& subscriptions,
          TurnBudget& budget)
      : limits_(limits), topics_(topics), states_(states), subscriptions_(subscriptions), budget_(budget) {}

  // Gives the subscription a slot for the topic. `is_new_to_reader`: the topic has something that its reader does not
  // know. Error: limit_exceeded, if the session reads too many topics, costs this one too much, or keeps too much.
  Result<void> attach(Subscription& subscription, TopicId id, std::uint16_t member, bool is_new_to_reader);
  // Finds the next state that passes the filter of an `every` reader, whose slot has started. Stops after `steps_max`
  // steps. If the history no longer has the next state, continues from the committed one.
  FilterScan find_next_match(const Slot& slot, std::size_t steps_max);

 private:
  StartPosition start_position(const Subscription& subscription, TopicId id, bool is_new_to_reader);
  StartPosition filtered_start_position(const Subscription& subscription, TopicId id, bool is_new_to_reader);
  bool history_reaches(TopicId id, std::uint64_t number) const;
  std::optional<bool> test(Filter& filter, TopicId id, const StateRecord& state) const;

  const Limits& limits_;
  const TopicTable& topics_;
  const TopicStates& states_;
  Subscriptions& subscriptions_;
  TurnBudget& budget_;
};

// Error texts: the pattern of a subscription, or its first topic (it has one at least).
std::string name_of(const Subscription& subscription, const TopicTable& topics);

}  // namespace hoiku::broker
