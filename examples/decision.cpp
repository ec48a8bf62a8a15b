// A decision over four topics: what the robot does next, from states that existed at one moment.
// Needs a broker at HOIKU_ENDPOINT, or tcp://127.0.0.1:7411. Decides once all four are set, and again whenever one
// changes; sets robot/plan and prints one line per decision. Runs until Ctrl-C.
#include <hoiku/hoiku.hpp>

#include <cstdio>
#include <string>

using namespace hoiku;

std::string decide(double charge, bool at_the_stairs, bool touched, const std::string& mood) {
  if (at_the_stairs) return "stop";
  if (charge < 0.2) return "go home";
  if (touched) return "cuddle";
  return mood == "excited" ? "dance" : "stroll";
}

Task<> think(Nursery& nursery) {
  Bus bus = co_await Bus::connect(nursery, client_name("decision"));
  auto battery = bus.topic<double>("sensor/battery");
  auto stairs = bus.topic<bool>("sensor/stairs");
  auto head = bus.topic<bool>("sensor/touch/head");
  auto mood = bus.topic<std::string>("robot/mood");
  auto plan = bus.topic<std::string>("robot/plan");

  auto senses = compose_values(battery, stairs, head, mood);
  auto states = senses.eventual_values();
  for (;;) {
    const auto [charge, at_the_stairs, touched, feeling] = co_await states.next();
    const std::string next = decide(charge, at_the_stairs, touched, feeling);
    co_await plan.set(next);
    std::printf("battery %.0f %%, %s: %s\n", 100 * charge, feeling.c_str(), next.c_str());
  }
}

int main() { return run(think); }
