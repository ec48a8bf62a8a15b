// bus_play.hpp: what the acts of one client of the Bus share: its dice, its times, what it knows, did and found wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hoiku/testing.hpp"
#include "tests/sim/deeds.hpp"
#include "tests/sim/judge/past.hpp"
#include "tests/sim/players/dice.hpp"

namespace hoiku::model {

struct BusPlay {
  BusPlay(const Past& known, std::string client, Dice random)
      : past(known), name(std::move(client)), dice(std::move(random)) {}
  BusPlay(const BusPlay&) = delete;  // acts refer to it
  BusPlay& operator=(const BusPlay&) = delete;

  void did(Deed deed) { deeds.did(deed); }
  void complain(const std::string& text);
  // Complains if the version of a write is not one of this value.
  void check_written(const std::string& topic, const Version& version, const Value& value, const std::string& verb);

  const Past& past;
  std::string name;
  Dice dice;
  TimePoint quiet{};                // from then on it writes nothing
  TimePoint end{};                  // then it leaves
  bool has_risked_its_bus = false;  // by a post or a declaration that the broker may refuse
  std::uint64_t acts = 0;
  Deeds deeds;
  std::vector<std::string> complaints;
};

}  // namespace hoiku::model
