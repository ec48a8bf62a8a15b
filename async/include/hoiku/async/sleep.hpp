// sleep.hpp: waiting for nothing but time.
#pragma once

#include <concepts>
#include <optional>

#include "hoiku/async/task.hpp"
#include "hoiku/async/time.hpp"

namespace hoiku {
namespace detail {

class CheckpointAwaiter : public TaskAware {
 public:
  CheckpointAwaiter() = default;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { task().schedule(handle); }
  void await_resume() const { task().throw_if_cancelled(); }
};

// A sleep is a scope with a deadline around a wait that never ends. So where a sleep and an outer deadline end at the same
// instant, the outer one wins, as it does for everything else that the deadline stops.
class SleepAwaiter final : public Blocker {
 public:
  SleepAwaiter(TaskState& task, TimePoint until) noexcept : Blocker("sleep"), task_(task), until_(until) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle);
  void await_resume();
  void interrupt() noexcept override;

 private:
  TaskState& task_;
  TimePoint until_;
  ScopeNode scope_;
  ScopeNode* outer_ = nullptr;
  std::coroutine_handle<> handle_;
};

class Sleep {
 public:
  explicit Sleep(TimePoint until) noexcept : until_(until) {}
  explicit Sleep(Duration d) noexcept : after_(d) {}
  SleepAwaiter make_awaiter(TaskState& task) const noexcept {
    return SleepAwaiter(task, after_ ? saturating_add(task.now(), *after_) : until_);
  }

 private:
  TimePoint until_{};
  std::optional<Duration> after_;  // counted from the moment that it is awaited
};

}  // namespace detail

// Lets every other task that can run have a turn, then throws Cancelled where the scope is cancelled.
inline detail::CheckpointAwaiter checkpoint() { return {}; }

// A time that has passed already makes it a checkpoint. `d` must not be negative (std::invalid_argument).
detail::Sleep sleep(Duration d);
inline detail::Sleep sleep_until(TimePoint t) { return detail::Sleep(t); }
template <std::integral N>
void sleep(N) = delete;  // say the unit: sleep(1s)

}  // namespace hoiku
