// effects.hpp: the consequences of a change to topics, readers or waits, as a value: modules fill it, and
// RequestLife::apply() acts on it.
#pragma once

#include <vector>

#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/types.hpp"
#include "broker/core/waits/waits.hpp"

namespace hoiku::broker {

// The members are in the order in which apply() acts.
struct Effects {
  bool empty() const noexcept { return woken.empty() && ended.empty() && refused.empty() && released.empty(); }

  std::vector<SessionId> woken;  // sessions that had nothing to be sent before
  std::vector<WaitEnd> ended;    // waits that are to be answered
  State replaced;  // the state before the transition that ended the waits; null: never set, or a hold ended
  std::vector<RefusedSubscription> refused;
  std::vector<TopicId> released;  // topics that may be unused now
};

}  // namespace hoiku::broker
