// Ways to read: the latest value, each transition, a pattern with a filter, a condition over several topics.
// Needs a broker at HOIKU_ENDPOINT, or tcp://127.0.0.1:7411. Prints the lines in quotes below, in order, and exits
// with 0.
#include <hoiku/hoiku.hpp>

#include <cstdio>
#include <string>

using namespace hoiku;
using namespace std::chrono_literals;

Task<> latest_and_every(Topic<double> heat) {
  co_await heat.set(40.0);
  auto every = heat.transitions();  // a reader is subscribed for as long as it lives
  auto latest = heat.eventual_values();
  const double first = co_await latest.next();
  std::printf("latest: %.0f\n", first);  // "latest: 40"

  for (double degrees : {41.0, 42.0, 43.0}) co_await heat.set(degrees);

  // A reader that was busy meanwhile gets the value that is true now ...
  const double present = co_await latest.next();
  std::printf("latest: %.0f\n", present);  // "latest: 43"

  // ... or each transition, with the value that it replaced.
  for (int i = 0; i < 3; ++i) {
    const TopicTransition<double> step = co_await every.next();
    std::printf("every: %.0f -> %.0f\n", *step.old_value, *step.value);
  }  // "every: 40 -> 41" "every: 41 -> 42" "every: 42 -> 43"
}

Task<> pattern(Bus bus, Topic<double> left, Topic<double> right) {
  // Topics that exist already and topics to come. The broker sends what matches the filter, and nothing else.
  auto hot = bus.watch("reading/motor/*/heat", Mode::every, where("value > 80"));
  for (double degrees : {79.0, 80.0, 81.0}) co_await left.set(degrees);
  co_await right.set(90.0);

  for (int told = 0; told < 2;) {
    const AnyTransition transition = co_await hot.next();
    if (transition.end_of_snapshot) continue;  // what was there has been given; from here on it is news
    std::printf("%s: %.0f\n", transition.topic.c_str(), *transition.value.get_if<double>());
    ++told;
  }  // "reading/motor/left/heat: 81" "reading/motor/right/heat: 90"
}

Task<> story(Nursery& nursery) {
  Bus bus = co_await Bus::connect(nursery, client_name("reading"));
  auto left = bus.topic<double>("reading/motor/left/heat");
  auto right = bus.topic<double>("reading/motor/right/heat");
  co_await left.unset();  // whatever an earlier run has left there
  co_await right.unset();
  co_await latest_and_every(left);
  co_await pattern(bus, left, right);

  // A condition over several topics is tested on states that existed at one revision.
  nursery.start_soon([left, right]() -> Task<> {
    co_await left.set(40.0);
    co_await right.set(40.0);
  });
  co_await until(left < 50.0 && right < 50.0);
  std::puts("both are cool");  // "both are cool"
}

int main() { return run(story); }
