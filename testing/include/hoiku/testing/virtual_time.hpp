// virtual_time.hpp: a loop in which time jumps to the next deadline as soon as no task can run: seconds pass in no
// time, and exactly.
//
//   TEST(Lamp, GoesOutAfterAMinute) {
//     sim::run_virtual_or_throw([]() -> Task<> { ... co_await sleep(60s); ... });
//   }
//
// Promises   now() starts at an arbitrary point and moves only by jumps; tasks take no time. The same seed gives the
//            same run.
// Errors     If no task can run and there is no deadline: Deadlock, which says what each task waits for.
// Limits     Sockets and Asio's own timers are in real time, and the loop does not wait for them: use sleep() and the
//            simulated network.
// Thread     the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "hoiku/async.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace sim {

// Decides what has no order: which of the runnable tasks runs first, and every random choice of the simulation.
class Seed {
 public:
  explicit Seed(std::uint64_t number) : number_(number) {}
  std::uint64_t number() const noexcept { return number_; }

 private:
  std::uint64_t number_;
};
inline Seed seed(std::uint64_t number) { return Seed(number); }

// Thrown if the loop stands still before its main task has ended.
class Deadlock : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Runs main() to its end; throws what it threw, or Deadlock. Without a seed the order of tasks is FIFO. Inside of a
// run: std::logic_error.
void run_virtual_or_throw(const std::function<Task<>()>& main, std::optional<Seed> seed = {});
// Runs main(nursery), in a nursery that ends before it returns.
template <class F>
  requires hoiku::detail::NurseryFunction<F>
void run_virtual_or_throw(F&& main, std::optional<Seed> seed = {}) {
  run_virtual_or_throw([&] { return hoiku::detail::call_main(main); }, seed);
}

// Runs main() to its end, and returns an exit status as run() does. After an error it prints the seed too, to replay
// it.
int run_virtual(const std::function<Task<>()>& main, std::optional<Seed> seed = {});
template <class F>
  requires hoiku::detail::NurseryFunction<F>
int run_virtual(F&& main, std::optional<Seed> seed = {}) {
  return run_virtual([&] { return hoiku::detail::call_main(main); }, seed);
}

// Waits until every other task is blocked; time does not move. For tests that must know that a waiter is parked.
// Outside of a virtual loop: std::logic_error.
Task<> settle();

}  // namespace sim
}  // namespace hoiku
