// Scopes: time limits, a trigger that stops what is going on, cleanup that waits, a task that says when it is ready.
// In one process, no broker: links hoiku::async alone. Prints the lines in quotes below, in order, and exits with 0.
#include <hoiku/async.hpp>

#include <cstdio>
#include <string>

using namespace hoiku;
using namespace std::chrono_literals;

Task<> wave_for_ever(AsyncValue<std::string>& arm) {
  for (;;) {
    arm.set("left");
    co_await sleep(10ms);
    arm.set("right");
    co_await sleep(10ms);
  }
}

Task<> come_to_rest(AsyncValue<std::string>& arm) {
  co_await sleep(20ms);
  arm.set("at rest");
}

// Waves until it is cancelled; then brings the arm to rest, which takes a moment. That is out of reach of the
// cancellation, so that it may wait; and it has a time limit, so that nobody waits for ever.
Task<> wave(AsyncValue<std::string>& arm) { co_await finally(wave_for_ever(arm), come_to_rest(arm), 500ms); }

// Says when it is ready, and goes on.
Task<> open_the_door(TaskStatus<int> status, AsyncValue<bool>& button) {
  co_await sleep(10ms);
  status.started(8888);
  co_await sleep(10ms);
  button.set(true);
}

Task<> scopes() {
  AsyncValue<std::string> arm{"at rest"};
  AsyncValue<bool> button{false};

  // A time limit. What it stops cleans up first, and then the next line runs.
  const bool late = co_await move_on_after(100ms, [&] { return wave(arm); });
  std::printf("late: %s, arm: %s\n", late ? "yes" : "no", arm.value().c_str());  // "late: yes, arm: at rest"

  // The same as an error, for a result that is needed.
  try {
    co_await fail_after(100ms, button.wait_value(true));
  } catch (const TooSlowError&) {
    std::puts("nobody pressed the button");  // "nobody pressed the button"
  }

  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    // start() waits until the task says that it is ready, and leaves it to the nursery.
    const int port = co_await nursery.start(open_the_door, std::ref(button));
    std::printf("listening: %d\n", port);  // "listening: 8888"

    // A trigger in place of a time limit.
    const bool stopped = co_await move_on_when(button.wait_value(true), [&] { return wave(arm); });
    std::printf("stopped: %s, arm: %s\n", stopped ? "yes" : "no", arm.value().c_str());  // "stopped: yes, arm: at rest"
  });

  // Several waits, until the first one ends: an optional of each result, a bool for a wait without one.
  auto [released, timed_out] = co_await wait_any(button.wait_value(false), sleep(10ms));
  std::printf("%s\n", released ? "released" : timed_out ? "still pressed" : "?");  // "still pressed"
}

int main() { return run(scopes); }
