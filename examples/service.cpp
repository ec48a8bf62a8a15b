// A service that decides on a state, and says it again to a broker that was restarted.
// Needs a broker at HOIKU_ENDPOINT, or tcp://127.0.0.1:7411. Runs until Ctrl-C.
#include <hoiku/service.hpp>

#include <functional>
#include <string>

using namespace hoiku;

Task<> decide(Bus bus, AsyncValue<std::string>& mood) {
  auto battery = bus.topic<double>("sensor/battery");
  for (;;) {
    co_await until(battery < 0.2);
    mood.set("tired");
    co_await until(battery > 0.3);
    mood.set("awake");
  }
}

Task<> live(Nursery&, Bus bus) {
  AsyncValue<std::string> mood("awake");
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon(publish_state<std::string>, bus, "service/mood", std::ref(mood));
    nursery.start_soon(decide, bus, std::ref(mood));
    co_return;
  });
}

int main() { return serve("mood", live); }
