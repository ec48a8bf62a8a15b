// bus_writer.hpp: the acts of a client of the Bus that write topics, and make them unset.
#pragma once

#include <string>

#include "tests/sim/players/bus_play.hpp"

namespace hoiku::model {

class BusWriter {
 public:
  explicit BusWriter(BusPlay& play) : play_(play) {}

  // Each acts until it is cancelled, and writes nothing after the play's `quiet`.
  Task<> write(Bus bus);
  Task<> post(Bus bus);

 private:
  Task<> write_once(Bus bus);
  Task<> set(Bus bus);
  Task<> set_on_condition(Bus bus);
  Task<> unset(Bus bus);
  Task<> update(Bus bus);
  Task<> write_two(Bus bus);
  Task<> flush(Bus bus, std::string posted, Value value);

  BusPlay& play_;
};

}  // namespace hoiku::model
