// core_host.hpp: the smallest program that lets the core serve a network: its turn, as core.hpp describes it, and
// nothing else, so that the model judges the state machine alone.
#pragma once

#include <functional>

#include "broker/core/core.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::model {

struct HostHooks {
  std::function<void(const broker::Record&)> on_record;  // called with each record before any of it is sent
  std::function<Task<>()> before_turn;                   // a turn is due; it begins when this has ended
  std::function<void()> before_output;                   // the turn has read its input, and has judged what was due
};

// Serves until it is cancelled.
Task<> host(broker::Core& core, link::ServerLink& link, HostHooks hooks);

}  // namespace hoiku::model
