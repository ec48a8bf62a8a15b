// bus_messages.hpp: the act of a client of the Bus that exchanges messages with a schema: it sets them, waits for
// conditions on their fields, and asks for the schema.
#pragma once

#include <string>

#include "tests/sim/players/bus_play.hpp"

namespace hoiku::model {

class BusMessages {
 public:
  explicit BusMessages(BusPlay& play) : play_(play) {}

  // Acts until it is cancelled, and writes nothing after the play's `quiet`.
  Task<> exchange(Bus bus);

 private:
  Task<> exchange_once(Bus bus, std::string name);
  Task<> set(Bus bus, std::string name);
  Task<> wait(Bus bus, std::string name);
  Task<> ask_for_schema(Bus bus);

  BusPlay& play_;
};

}  // namespace hoiku::model
