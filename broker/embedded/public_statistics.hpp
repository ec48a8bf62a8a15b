// public_statistics.hpp: converts the core's counts to those of the public API.
#pragma once

#include "broker/core/core.hpp"
#include "hoiku/broker.hpp"

namespace hoiku::broker {

inline BrokerStatistics public_statistics(const Statistics& counted) {
  BrokerStatistics made;
  made.topics = counted.topics;
  made.sessions = counted.sessions;
  made.subscriptions = counted.subscriptions;
  made.waits = counted.waits;
  made.predicates = counted.predicates;
  made.leases = counted.leases;
  made.kept_frames = counted.kept_frames;
  made.commits = counted.commits;
  made.deliveries = counted.deliveries;
  made.in_flight = counted.in_flight;
  made.conflated = counted.conflated;
  return made;
}

}  // namespace hoiku::broker
