// capacities.hpp: how much the core keeps or does at once where nobody can see a difference but in time.
//
// Limits (hoiku/proto/limits.hpp) has what a peer can run into. Capacities are not configurable; the random histories
// make them small, so that what happens beyond them happens there too.
#pragma once

#include <cstddef>

namespace hoiku::broker {

struct Capacities {
  std::size_t filter_results = 64;        // the last results that a filter remembers; at least 1
  std::size_t filter_message_types = 16;  // the types of messages for which a filter remembers how it is resolved
  std::size_t refused_peers = 1024;       // that are remembered, so that their frames are ignored
  std::size_t events = 1024;              // for the log, until they are taken
  std::size_t share_steps = 4096;         // of a turn, that one session spends before the others have their turn
  std::size_t page_steps = 64;            // of a page of a list: at least so many, and so many at once
};

}  // namespace hoiku::broker
