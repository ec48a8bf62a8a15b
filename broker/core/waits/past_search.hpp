// past_search.hpp: searches the history of a topic for a transition that matches a wait.
//
// Promises   transitions are searched in their order, and one that changes only the quality matches only a predicate
//            that names the quality. A search that has spent the turn's budget says where to continue; each call tests
//            at least one transition.
// Thread     the core's. Owner: Core; everything is kept by reference.
#pragma once

#include <optional>

#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_states.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

struct PastTransition {
  State match;                              // null: none has matched
  State replaced;                           // the state before the match; null: the topic was not set
  std::optional<Version> searched_through;  // set if later transitions are still to be searched
};

class PastSearch {
 public:
  PastSearch(const TopicTable& topics, const TopicStates& states, const Schemas& schemas, TurnBudget& budget)
      : topics_(topics), states_(states), schemas_(schemas), budget_(budget) {}

  // Finds the first committed transition after the version `searched_through` that matches `command`. Errors: lagged,
  // if the history does not go back that far; invalid_argument, if the topic has not come to that version;
  // invalid_predicate.
  Result<PastTransition> find(TopicId topic, const proto::WaitTransition& command, const Version& searched_through);

 private:
  const TopicTable& topics_;
  const TopicStates& states_;
  const Schemas& schemas_;
  TurnBudget& budget_;
};

}  // namespace hoiku::broker
