// sleep.hpp: waits for nothing but time: co_await sleep(100ms).
//
// Promises   Time is the loop's: exact in virtual time, never too short on the real clock. If a sleep and an outer
//            deadline end at the same instant, the deadline wins.
#pragma once

#include <concepts>
#include <optional>

#include "hoiku/async/task.hpp"
#include "hoiku/async/time.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class CheckpointAwaiter : public TaskAware {
 public:
  CheckpointAwaiter() = default;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { task().schedule(handle); }
  void await_resume() const { task().throw_if_cancelled(); }
};

// A scope with a deadline around a wait that never ends: so an outer deadline of the same instant wins, as it does over
// everything else that it stops.
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
  std::optional<Duration> after_;  // counted from the co_await
};

}  // namespace detail

// Gives every other runnable task a turn, then throws Cancelled if the scope is cancelled.
inline detail::CheckpointAwaiter checkpoint() { return {}; }

// Waits for `d`, counted from the co_await. Zero: a checkpoint. Negative: std::invalid_argument.
detail::Sleep sleep(Duration d);
template <std::integral N>
void sleep(N) = delete;  // say the unit: sleep(1s)
// Waits until `t`. A time in the past: a checkpoint.
inline detail::Sleep sleep_until(TimePoint t) { return detail::Sleep(t); }

}  // namespace hoiku
