// A broker inside the program, for parts that talk to each other and to nobody else. Links hoiku::client and
// hoiku::broker. Prints the line in quotes below and exits with 0.
#include <hoiku/broker.hpp>
#include <hoiku/hoiku.hpp>

#include <cstdio>

using namespace hoiku;

Task<> story(Nursery& nursery) {
  const Broker broker(nursery, "inproc://robot");  // serves until the nursery ends
  Bus sensor = co_await Bus::connect(nursery, "inproc://robot", client_name("sensor"));
  Bus screen = co_await Bus::connect(nursery, "inproc://robot", client_name("screen"));
  co_await sensor.topic<int>("battery").set(80);
  const int level = co_await screen.topic<int>("battery").wait_value(value > 50);
  std::printf("battery: %d %%\n", level);  // "battery: 80 %"
}

int main() { return run(story); }
