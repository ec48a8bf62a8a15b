#include "hoiku/async/detail/runtime.hpp"

#include <fmt/core.h>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace hoiku::detail {
namespace {

thread_local Runtime* this_threads_runtime = nullptr;

// How many batches run before the loop returns to Asio, which costs more than a batch.
constexpr int batches_per_drain = 32;

[[noreturn]] void end_for_foreign_wake() noexcept {
  std::fputs("a task is woken on a thread that does not run its loop: use a Doorbell there\n", stderr);
  std::abort();
}

}  // namespace

Runtime::Runtime(boost::asio::io_context& context, Clock& clock, std::optional<std::uint64_t> shuffle_seed)
    : context_(context), clock_(clock), outer_(this_threads_runtime), shuffled_(shuffle_seed.has_value()) {
  random_.seed(shuffle_seed ? *shuffle_seed : std::random_device{}());
  this_threads_runtime = this;
  root_.attach(*this, nullptr);
}

Runtime::~Runtime() {
  root_.detach();
  this_threads_runtime = outer_;
}

Runtime* Runtime::current() noexcept { return this_threads_runtime; }

Runtime& Runtime::require(const char* caller) {
  if (!this_threads_runtime)
    throw std::logic_error(fmt::format("{} needs a running loop: call it inside run()", caller));
  return *this_threads_runtime;
}

// Every wake of a task comes here. One from another thread would corrupt the queue: the program ends.
void Runtime::schedule(TaskState& task, std::coroutine_handle<> resume) noexcept {
  if (this_threads_runtime != this) end_for_foreign_wake();
  task.resume_ = resume;
  ready_.push_back(task);
  if (posted_) return;
  posted_ = true;
  boost::asio::post(context_, [this] { drain(); });
}

void Runtime::drain() {
  for (int batch = 0; batch < batches_per_drain && !ready_.empty(); ++batch) {
    if (!deadlines_.empty()) fire_deadlines();
    run_batch();
  }
  posted_ = !ready_.empty();
  if (posted_) boost::asio::post(context_, [this] { drain(); });
}

void Runtime::run_batch() {
  IntrusiveList<TaskState, InReadyQueue> batch;
  batch.take_all(ready_);
  if (shuffled_) {
    std::vector<TaskState*> order;
    while (TaskState* task = batch.first()) {
      static_cast<ListHook<InReadyQueue>&>(*task).unlink();
      order.push_back(task);
    }
    std::shuffle(order.begin(), order.end(), random_);
    for (TaskState* task : order) batch.push_back(*task);
  }
  while (TaskState* task = batch.first()) {
    static_cast<ListHook<InReadyQueue>&>(*task).unlink();
    task->resume_.resume();
  }
}

void Runtime::set_deadline(ScopeNode& scope, TimePoint at) {
  if (deadlines_.set(scope, at)) clock_.wake_at(at);
}

void Runtime::fire_deadlines() {
  const TimePoint now = clock_.now();
  while (Deadline* due = deadlines_.take_due(now))
    static_cast<ScopeNode*>(due)->cancel(CancelReason{CancelSource::deadline, {}});
  if (!deadlines_.empty()) clock_.wake_at(deadlines_.earliest());
}

std::string Runtime::describe_tasks() {
  std::string text;
  std::vector<ScopeNode*> open{&root_};
  while (!open.empty()) {
    ScopeNode* scope = open.back();
    open.pop_back();
    for (TaskState* task = scope->tasks().first(); task; task = scope->tasks().after(*task)) {
      const Blocker* blocker = task->blocker();
      text += blocker ? fmt::format("  a task waits for {} since {} ms\n", blocker->waits_for(),
                                    (now() - blocker->since()) / std::chrono::milliseconds(1))
                      : "  a task is runnable\n";
    }
    for (ScopeNode* child = scope->children().first(); child; child = scope->children().after(*child))
      open.push_back(child);
  }
  return text;
}

}  // namespace hoiku::detail
