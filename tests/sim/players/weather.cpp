#include "tests/sim/players/weather.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

void settle_the_climate(sim::Network& network, Dice& dice) {
  if (dice.chance(60)) network.delay_all(0ms, dice.between(0ms, 30ms));
  if (dice.chance(25)) network.capacity(1 + dice.below(5));
  // Some ends lose patience before the session times out, some after it.
  network.patience(dice.between(50ms, 900ms));
}

void disturb(sim::Network& network, Dice& dice) {
  const std::string client = "client-" + std::to_string(dice.below(clients_max));
  const sim::End end = dice.chance(50) ? sim::End::client : sim::End::broker;
  // Some cuts are shorter than the session's timeout, some longer.
  const Duration duration = dice.between(0ms, dice.chance(70) ? 300ms : 900ms);
  const std::size_t kind = dice.below(100);
  if (kind < 35) {
    network.cut(client, duration);
  } else if (kind < 55) {
    network.cut_one_way(client, end, duration);
  } else if (kind < 80) {
    network.break_unnoticed(client, end, duration);
  } else if (kind < 85) {
    network.cut_all(dice.between(0ms, 400ms));
  }
}

}  // namespace hoiku::model
