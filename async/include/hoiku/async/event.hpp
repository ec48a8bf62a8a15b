// event.hpp: the two smallest ways to wake another task: Event, which stays set, and Signal, which is taken by a wait.
//
// Promises   Each wait is a checkpoint, also if it has nothing to wait for.
// Lifetime   Waits refer to the object: it outlives them, and cannot move.
// Thread     the loop's: waking a task on another thread ends the program with a sentence. To wake a loop from there:
//            doorbell.hpp.
#pragma once

#include "hoiku/async/detail/parked.hpp"

namespace [[gnu::visibility("default")]] hoiku {

class Event;
class Signal;

namespace detail {

class EventWaiter final : public Parked, public ListHook<Event> {
 public:
  EventWaiter(TaskState& task, Event& event) noexcept : Parked("Event::wait"), event_(event) { bind(task); }
  bool await_ready() const {
    task().throw_if_cancelled();
    return false;
  }
  void await_suspend(std::coroutine_handle<> handle) noexcept;
  void await_resume() const { throw_if_interrupted(); }

 private:
  friend class hoiku::Event;
  void leave() noexcept override { ListHook<Event>::unlink(); }
  Event& event_;
};

class SignalWaiter final : public Parked {
 public:
  SignalWaiter(TaskState& task, Signal& signal) noexcept : Parked("Signal::wait"), signal_(signal) { bind(task); }
  bool await_ready() const {
    task().throw_if_cancelled();
    return false;
  }
  void await_suspend(std::coroutine_handle<> handle);
  void await_resume() const { throw_if_interrupted(); }

 private:
  friend class hoiku::Signal;
  void leave() noexcept override;
  Signal& signal_;
};

}  // namespace detail

// A flag that is set once and stays set. Any number of tasks may wait for it.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Wakes every task that waits. Idempotent.
  void set() noexcept;
  bool is_set() const noexcept { return set_; }

  class Wait {
   public:
    explicit Wait(Event& event) noexcept : event_(&event) {}
    detail::EventWaiter make_awaiter(detail::TaskState& task) const noexcept { return {task, *event_}; }

   private:
    Event* event_;
  };
  // Waits until the event is set.
  Wait wait() noexcept { return Wait(*this); }

 private:
  friend class detail::EventWaiter;
  bool set_ = false;
  detail::IntrusiveList<detail::EventWaiter, Event> waiters_;
};

// Tells one task that there is something to do. Any number of notify() between two waits are one.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Wakes the task that waits; if none does, the next wait returns at once.
  void notify() noexcept;

  class Wait {
   public:
    explicit Wait(Signal& signal) noexcept : signal_(&signal) {}
    detail::SignalWaiter make_awaiter(detail::TaskState& task) const noexcept { return {task, *signal_}; }

   private:
    Signal* signal_;
  };
  // Waits for a notify() since the last wait. One task at a time: a second one gets std::logic_error.
  Wait wait() noexcept { return Wait(*this); }

 private:
  friend class detail::SignalWaiter;
  bool notified_ = false;
  detail::SignalWaiter* waiter_ = nullptr;
};

}  // namespace hoiku
