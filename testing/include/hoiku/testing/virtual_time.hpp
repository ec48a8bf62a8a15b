// virtual_time.hpp: a loop in which time jumps to the next deadline as soon as nobody can run: seconds pass in no time, and
// exactly. The same seed gives the same run.
//
// Promises   now() starts at an arbitrary point and moves only by jumps; tasks take no time. Nobody runnable and no deadline
//            is a deadlock: an error that lists who is parked where.
// Limits     sockets and Asio's own timers live in real time and are not waited for: use sleep() and the simulated network.
// Thread     the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "hoiku/async.hpp"

namespace hoiku::sim {

// Shuffles whatever has no order: which of the runnable tasks runs first, and every random choice of the simulation.
class Seed {
 public:
  explicit Seed(std::uint64_t number) : number_(number) {}
  std::uint64_t number() const noexcept { return number_; }

 private:
  std::uint64_t number_;
};
inline Seed seed(std::uint64_t number) { return Seed(number); }

// The virtual loop stood still with its main task unfinished.
class Deadlock : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Runs to the end and throws what `main` threw, or Deadlock. Without a seed the order is FIFO.
void run_virtual_or_throw(const std::function<Task<>()>& main, std::optional<Seed> seed = {});

// The same as run(): an exit status, with every leaf of an error on stderr (and the seed, so that it can be replayed).
int run_virtual(const std::function<Task<>()>& main, std::optional<Seed> seed = {});

// Waits until every other task is blocked, before time moves on. For tests that must know that a waiter is parked.
Task<> settle();

}  // namespace hoiku::sim
