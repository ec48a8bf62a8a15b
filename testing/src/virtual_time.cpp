#include "hoiku/testing/virtual_time.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "hoiku/async/detail/root_task.hpp"
#include "hoiku/async/detail/runtime.hpp"

namespace hoiku::sim {
namespace {

class VirtualClock final : public detail::Clock {
 public:
  TimePoint now() noexcept override { return now_; }
  void wake_at(TimePoint) override {}  // the loop looks at the deadlines itself
  void jump_to(TimePoint to) noexcept { now_ = std::max(now_, to); }

 private:
  // Not zero, so that tests find code that takes the zero of a clock for "no time".
  TimePoint now_{std::chrono::hours(1000)};
};

class VirtualLoop {
 public:
  explicit VirtualLoop(std::optional<Seed> seed)
      : context_(1), runtime_(context_, clock_, seed ? std::optional(seed->number()) : std::nullopt), outer_(current_) {
    current_ = this;
  }
  ~VirtualLoop() { current_ = outer_; }

  static VirtualLoop& require() {
    if (!current_) throw std::logic_error("settle() needs a virtual loop: call it inside run_virtual()");
    return *current_;
  }

  void run(const std::function<Task<>()>& main) {
    detail::RootTask root(runtime_, main);
    while (!root.finished()) {
      if (runtime_.has_ready()) {
        context_.restart();
        context_.poll();
      } else if (!settling_.empty()) {
        settling_.front()->set();
        settling_.pop_front();
      } else if (!runtime_.deadlines().empty()) {
        clock_.jump_to(runtime_.deadlines().earliest());
        runtime_.fire_deadlines();
      } else {
        report_deadlock();
      }
    }
    if (deadlock_) throw Deadlock(*deadlock_);
    if (root.error()) std::rethrow_exception(root.error());
  }

  void wake_when_settled(Event& event) { settling_.push_back(&event); }
  void remove(Event& event) { std::erase(settling_, &event); }

 private:
  // Cancels the tasks, so that they clean up. A task that cannot be cancelled is a bug that cannot be unwound.
  void report_deadlock() {
    const std::string report = "deadlock: no task can run and there is no deadline\n" + runtime_.describe_tasks();
    if (deadlock_) {
      std::fprintf(stderr, "%s(and it cannot be cancelled)\n", report.c_str());
      std::abort();
    }
    deadlock_ = report;
    runtime_.root().cancel(CancelReason{CancelSource::shutdown, "deadlock"});
  }

  static thread_local VirtualLoop* current_;
  boost::asio::io_context context_;
  VirtualClock clock_;
  detail::Runtime runtime_;
  VirtualLoop* outer_;
  std::deque<Event*> settling_;
  std::optional<std::string> deadlock_;
};

thread_local VirtualLoop* VirtualLoop::current_ = nullptr;

// A place in the queue of tasks that wait for the loop to settle. A cancelled task leaves it.
class Settling {
 public:
  Settling(VirtualLoop& loop, Event& event) : loop_(loop), event_(event) { loop_.wake_when_settled(event_); }
  Settling(const Settling&) = delete;
  Settling& operator=(const Settling&) = delete;
  ~Settling() { loop_.remove(event_); }

 private:
  VirtualLoop& loop_;
  Event& event_;
};

}  // namespace

void run_virtual_or_throw(const std::function<Task<>()>& main, std::optional<Seed> seed) {
  if (detail::Runtime::current()) throw std::logic_error("run_virtual() inside a run: await the task instead");
  VirtualLoop(seed).run(main);
}

int run_virtual(const std::function<Task<>()>& main, std::optional<Seed> seed) {
  detail::RunOutcome outcome;
  try {
    run_virtual_or_throw(main, seed);
  } catch (...) {
    outcome.error = std::current_exception();
  }
  const int status = detail::exit_status(outcome);
  if (status != 0 && seed) std::fprintf(stderr, "seed: %llu\n", static_cast<unsigned long long>(seed->number()));
  return status;
}

Task<> settle() {
  VirtualLoop& loop = VirtualLoop::require();
  Event settled;
  const Settling settling(loop, settled);
  co_await settled.wait();
}

}  // namespace hoiku::sim
