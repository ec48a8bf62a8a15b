// runtime.hpp: the loop of one thread: its runnable tasks, its deadlines and its clock, on an Asio io_context.
//
// A tick has three steps. Asio's handlers run, and only make tasks runnable. Every deadline that is due fires. Then
// each task that is runnable at that moment runs for one frame; tasks that become runnable meanwhile wait for the next
// tick. So if a deadline coincides with an event that a task of the same instant produces, the deadline wins, as in
// Trio.
//
// Promises   FIFO. With a seed, the tasks of each tick are shuffled by it.
// Thread     one runtime per thread; no other thread calls it. If one wakes a task, the program ends with a sentence.
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

// Declared only, so that users of the runtime do not compile Asio.
namespace boost::asio {
class io_context;
}

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class Runtime {
 public:
  Runtime(boost::asio::io_context& context, Clock& clock, std::optional<std::uint64_t> shuffle_seed = {});
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Returns the runtime of this thread, or nullptr.
  static Runtime* current() noexcept;
  // Returns the runtime of this thread. If there is none, throws a std::logic_error that names the caller.
  static Runtime& require(const char* caller);

  boost::asio::io_context& context() noexcept { return context_; }
  TimePoint now() noexcept { return clock_.now(); }
  DeadlineQueue& deadlines() noexcept { return deadlines_; }
  ScopeNode& root() noexcept { return root_; }

  // Returns the source of everything random (a back-off's jitter). In tests the seed replays it too.
  std::mt19937_64& random() noexcept { return random_; }

  // Makes the task runnable: it resumes in the next tick.
  void schedule(TaskState& task, std::coroutine_handle<> resume) noexcept;
  bool has_ready() const noexcept { return posted_; }

  void set_deadline(ScopeNode& scope, TimePoint at);
  void fire_deadlines();

  // Says what each task waits for, in one line per task: for the report of a deadlock.
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

}  // namespace detail
}  // namespace hoiku
