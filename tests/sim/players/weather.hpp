// weather.hpp: the faults of a history's network, all drawn by the seed: cuts of both directions and of one,
// connections that one end does not know to be broken, delays, short queues.
#pragma once

#include "hoiku/testing/network.hpp"
#include "tests/sim/players/dice.hpp"

namespace hoiku::model {

inline constexpr std::size_t clients_max = 4;

// Sets up the network of a history.
void settle_the_climate(sim::Network& network, Dice& dice);
// Breaks the connection of one client or of all, or nothing, for less than a second.
void disturb(sim::Network& network, Dice& dice);

}  // namespace hoiku::model
