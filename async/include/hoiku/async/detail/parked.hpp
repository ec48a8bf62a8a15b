// parked.hpp: the base of this library's waits: a task parks, and is woken with a result or cancelled.
//
// A task that was woken keeps its result: a cancellation between the wake and the resumption strikes at the next wait.
// A task that is cancelled while it is parked leaves the wait structure at that instant.
#pragma once

#include "hoiku/async/task.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class Parked : public TaskAware, public Blocker {
 public:
  void interrupt() noexcept override {
    cancelled_ = true;
    leave();
    wake();
  }

 protected:
  explicit Parked(const char* what) noexcept : Blocker(what) {}
  ~Parked() = default;
  // Leaves the structure in which it waits.
  virtual void leave() noexcept = 0;

  void park(std::coroutine_handle<> handle) noexcept {
    handle_ = handle;
    task().park(*this);
  }
  // For a wait that has its result already: the task resumes in the next tick, and cannot be cancelled until then.
  void reschedule(std::coroutine_handle<> handle) noexcept { task().schedule(handle); }
  void wake() noexcept {
    task().unpark();
    task().schedule(handle_);
  }
  bool parked() const noexcept { return task().blocker() == this; }
  void throw_if_interrupted() const {
    if (cancelled_) task().scope()->throw_cancelled();
  }

 private:
  std::coroutine_handle<> handle_;
  bool cancelled_ = false;
};

}  // namespace detail
}  // namespace hoiku
