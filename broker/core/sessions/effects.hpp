// effects.hpp: what follows when topics, readers or waits change. A value: modules fill it, RequestLife::apply() acts
// on it.
#pragma once

#include <vector>

#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/types.hpp"
#include "broker/core/waits/waits.hpp"

namespace hoiku::broker {

// In the order in which apply() acts.
struct Effects {
  std::vector<SessionId> woken;  // sessions that had nothing to be sent before
  std::vector<WaitEnd> ended;    // waits that are to be answered
  State replaced;                // by the transition that ended them; null: the topic was never set, or it was a hold
  std::vector<Subscription*> overfull;     // patterns whose sessions would read too many topics
  std::vector<FailedSubscription> failed;  // subscriptions that cannot continue; some may have failed meanwhile
  std::vector<TopicId> released;           // topics that are perhaps unused now
};

}  // namespace hoiku::broker
