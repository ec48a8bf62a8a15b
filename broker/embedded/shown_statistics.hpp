// shown_statistics.hpp: what of the core's counts is shown to users.
#pragma once

#include "broker/core/core.hpp"
#include "hoiku/broker.hpp"

namespace hoiku::broker {

inline BrokerStatistics shown_statistics(const Statistics& counted) {
  BrokerStatistics shown;
  shown.topics = counted.topics;
  shown.sessions = counted.sessions;
  shown.subscriptions = counted.subscriptions;
  shown.waits = counted.waits;
  shown.predicates = counted.predicates;
  shown.kept_frames = counted.kept_frames;
  shown.commits = counted.commits;
  shown.deliveries = counted.deliveries;
  shown.conflated = counted.conflated;
  return shown;
}

}  // namespace hoiku::broker
