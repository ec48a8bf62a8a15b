// parked.hpp: the base of this library's own waits: park, be woken with a result, or be cancelled.
//
// A task that has been woken keeps its result: a cancellation that comes between the wake and the resumption strikes at
// the next point instead. A task that is cancelled while parked leaves the wait structure in that instant.
#pragma once

#include "hoiku/async/task.hpp"

namespace hoiku::detail {

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
  // Takes itself out of whatever it waits in.
  virtual void leave() noexcept = 0;

  void park(std::coroutine_handle<> handle) noexcept {
    handle_ = handle;
    task().park(*this);
  }
  // Also for a wait that need not wait: the task runs again in the next tick, and can't be cancelled until then.
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

}  // namespace hoiku::detail
