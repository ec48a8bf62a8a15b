// core_host.hpp: the smallest thing that lets the core serve a network: its turn as core.hpp describes it, and nothing else.
// The real front has threads of its own to think of; here the state machine is alone with the model.
#pragma once

#include <functional>

#include "broker/core/core.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::model {

// Serves until it is cancelled. `on_record` hears of each record before anything of it is sent.
Task<> host(broker::Core& core, link::ServerLink& link, std::function<void(const broker::Record&)> on_record);

}  // namespace hoiku::model
