// brain: decides. It watches the body's sensors and sets robot/mood ("calm", "excited" or "cramped") for the
// behaviours.
//
// A short peak is no reason to get excited, and a short pause none to calm down: held_for expresses that. The broker
// times it, so the readings in between never cross the network.
#include "services/service.hpp"

using namespace hoiku;
using namespace hoiku::services;
using namespace std::chrono_literals;

namespace {

Task<> feel_the_load(Bus bus, AsyncValue<std::string>& arousal) {
  auto load = bus.topic<double>("sensor/cpu/load");
  for (;;) {
    co_await until(load > 0.5, held_for(300ms));
    arousal.set("high");
    co_await until(load < 0.35, held_for(1s));
    arousal.set("low");
  }
}

// Two inputs at once: the composite never shows a pair that did not exist at one moment.
Task<> decide(Bus bus, AsyncValue<std::string>& mood) {
  auto arousal = bus.topic<std::string>("robot/arousal");
  auto memory = bus.topic<double>("sensor/memory/used");
  auto both = compose_values(arousal, memory);
  auto states = both.eventual_values();
  for (;;) {
    const auto [level, used] = co_await states.next();
    mood.set(used > 0.9 ? "cramped" : level == "high" ? "excited" : "calm");
  }
}

Task<> think(Nursery&, Bus bus) {
  AsyncValue<std::string> arousal("low");
  AsyncValue<std::string> mood("calm");
  auto thoughts = [&](Nursery& nursery) -> Task<> {
    nursery.start_soon(feel_the_load, bus, std::ref(arousal));
    nursery.start_soon(decide, bus, std::ref(mood));
    nursery.start_soon(publish_state<std::string>, bus, "robot/arousal", std::ref(arousal));
    nursery.start_soon(publish_state<std::string>, bus, "robot/mood", std::ref(mood));
    co_return;
  };
  co_await open_nursery(thoughts);
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  const auto options =
      parse_service_options(argc, argv, "brain", "decides the robot's mood from what its body senses", status);
  return options ? serve_at(options->endpoint, "brain", think) : status;
}
