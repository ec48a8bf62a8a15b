// make_state.hpp: states as tests write them down: as transitions.
#pragma once

#include <utility>

#include "broker/core/state.hpp"

namespace hoiku::broker {

inline State make_state(const Transition& transition) {
  StateParts parts;
  parts.topic = SharedText(transition.topic);
  parts.version = transition.version;
  parts.revision = transition.revision;
  parts.value = transition.value;
  parts.changed_at = transition.changed_at;
  parts.writer = SharedText(transition.writer);
  parts.quality = transition.quality;
  parts.source_time = transition.source_time;
  return State::make(std::move(parts), nullptr);
}

}  // namespace hoiku::broker
