// core_host.hpp: the smallest program that lets the core serve a network: its turn, as core.hpp describes it, and
// nothing else, so that the model judges the state machine alone.
#pragma once

#include <functional>

#include "broker/core/core.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::model {

// Serves until it is cancelled. Calls `on_record` with each record before any of it is sent.
Task<> host(broker::Core& core, link::ServerLink& link, std::function<void(const broker::Record&)> on_record);

}  // namespace hoiku::model
