#include "tests/sim/players/bus_play.hpp"

#include "tests/sim/judge/story.hpp"

namespace hoiku::model {

void BusPlay::complain(const std::string& text) {
  complaints.push_back(seconds(now().time_since_epoch()) + " " + name + " (API): " + text);
}

void BusPlay::check_written(const std::string& topic, const Version& version, const Value& value,
                            const std::string& verb) {
  // A topic that was never set is unset, and has no version.
  if (value.is_null() && version.number == 0) return;
  const State* state = past.find(topic, version);
  if (!state || !(state->value == value)) complain(verb + " of " + topic + " gave the version of something else");
}

}  // namespace hoiku::model
