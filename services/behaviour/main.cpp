// behaviour: acts out the robot's mood on the terminal. When the brain changes its mind, the current gesture is
// interrupted at once, and cleans up after itself.
#include <fmt/format.h>

#include "hoiku/proto/text.hpp"
#include "services/service.hpp"

using namespace hoiku;
using namespace hoiku::services;
using namespace std::chrono_literals;

namespace {

class Gesture {
 public:
  Gesture(const char* first, const char* second, Duration beat) : first_(first), second_(second), beat_(beat) {}
  const char* first() const noexcept { return first_; }
  const char* second() const noexcept { return second_; }
  Duration beat() const noexcept { return beat_; }

 private:
  const char* first_;
  const char* second_;
  Duration beat_;
};

Gesture gesture_for(const std::string& mood) {
  if (mood == "excited") return {"\\(^o^)/  dances to the left", "/(^o^)\\  dances to the right", 400ms};
  if (mood == "cramped") return {"(>_<)  has no room to think", "(>_<)  looks for something to forget", 900ms};
  return {"(-_-)  breathes in", "(-_-)  breathes out", 900ms};
}

Task<> step(Bus bus, std::string mood, const char* gesture) {
  const auto pose = bus.topic<std::string>("actuator/gesture");
  const auto cpu_load = bus.topic<double>("sensor/cpu/load");
  co_await set_until_acknowledged(pose, std::string(gesture));
  const auto load = co_await cpu_load.get();
  print_line(fmt::format("{:<8} {:<38} load {:3.0f} %", text::one_line(mood), gesture, 100 * load.value_or(0)));
}

Task<> move(Bus bus, std::string mood) {
  const Gesture gesture = gesture_for(mood);
  for (;;) {
    co_await step(bus, mood, gesture.first());
    co_await sleep(gesture.beat());
    co_await step(bus, mood, gesture.second());
    co_await sleep(gesture.beat());
  }
}

Task<> rest(Bus bus, std::string mood) {
  const auto pose = bus.topic<std::string>("actuator/gesture");
  // Without a broker it goes on: the next mood has to come from there too.
  const bool late = co_await move_on_after(500ms, set_until_acknowledged<std::string>, pose, "rests");
  if (late) co_return;
  print_line(fmt::format("{:<8} stops and takes a resting pose", text::one_line(mood)));
}

// Acts until it is cancelled. Then takes a resting pose, since the robot must not freeze in mid-air.
Task<> act(Bus bus, std::string mood) { co_await finally(move(bus, mood), rest(bus, mood)); }

Task<> behave(Nursery&, Bus bus) {
  auto mood = bus.topic<std::string>("robot/mood");
  auto moods = mood.eventual_values();
  for (;;) {
    const std::string feeling = co_await moods.next();
    print_line(fmt::format("{:<8} is the mood now", text::one_line(feeling)));
    co_await move_on_when(until(mood != feeling), act, bus, feeling);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  const auto options =
      parse_service_options(argc, argv, "behaviour", "acts the robot's mood out on the terminal", status);
  return options ? serve_at(options->endpoint, "behaviour", behave) : status;
}
