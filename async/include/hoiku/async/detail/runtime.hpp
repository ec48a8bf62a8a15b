// runtime.hpp: the loop of one thread: the tasks that can run, the deadlines, and the clock, on an Asio io_context.
//
// A tick: Asio's handlers run (they only make tasks runnable), every deadline that is due fires, then each task that was
// runnable at that moment runs for one frame. What becomes runnable meanwhile waits for the next tick. So a deadline and
// an event that is produced by a task waking at the same instant are decided for the deadline, as in Trio.
//
// Promises   FIFO, unless a seed is given: then each tick's tasks are shuffled by it.
// Thread     one runtime per thread; nothing here may be called from another.
#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "hoiku/async/detail/deadline_queue.hpp"
#include "hoiku/async/detail/scope_node.hpp"
#include "hoiku/async/time.hpp"

// Declared only, so that nobody who waits compiles Asio.
namespace boost::asio {
class io_context;
}

namespace hoiku::detail {

class Runtime {
 public:
  Runtime(boost::asio::io_context& context, Clock& clock, std::optional<std::uint64_t> shuffle_seed = {});
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The runtime of this thread; nullptr where none runs.
  static Runtime* current() noexcept;
  // The same, or std::logic_error that names what needed it.
  static Runtime& require(const char* caller);

  boost::asio::io_context& context() noexcept { return context_; }
  TimePoint now() noexcept { return clock_.now(); }
  DeadlineQueue& deadlines() noexcept { return deadlines_; }
  ScopeNode& root() noexcept { return root_; }

  // Draws from the seed in tests, so that whatever is random (a back-off's jitter) is replayed too.
  std::mt19937_64& random() noexcept { return random_; }

  void schedule(TaskState& task, std::coroutine_handle<> resume) noexcept;
  bool has_ready() const noexcept { return posted_; }

  void set_deadline(ScopeNode& scope, TimePoint at);
  void fire_deadlines();

  // Who is parked where, one line a task: for the report of a deadlock.
  std::string describe_tasks();

 private:
  void drain();
  void run_batch();

  boost::asio::io_context& context_;
  Clock& clock_;
  Runtime* outer_;
  DeadlineQueue deadlines_;
  ScopeNode root_;
  IntrusiveList<TaskState, InReadyQueue> ready_;
  bool posted_ = false;
  bool shuffled_;
  std::mt19937_64 random_;
};

}  // namespace hoiku::detail
