// weather.hpp: what the network does to the clients of a history, all of it drawn by the seed: cuts of both ways and of one,
// connections of which one end does not know that they are broken, delays, queues that are soon full.
#pragma once

#include "hoiku/testing/network.hpp"
#include "tests/sim/players/dice.hpp"

namespace hoiku::model {

inline constexpr std::size_t clients_max = 4;

// How the network is in this history.
void settle_the_climate(sim::Network& network, Dice& dice);
// Something bad happens to somebody, or nothing. It is over after a second.
void disturb(sim::Network& network, Dice& dice);

}  // namespace hoiku::model
