// event.hpp: the two smallest ways to tell another task something.
#pragma once

#include "hoiku/async/detail/parked.hpp"

namespace hoiku {

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

// A flag that is set once and stays set. Any number of tasks may wait; each wait is a checkpoint.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set() noexcept;
  bool is_set() const noexcept { return set_; }

  class Wait {
   public:
    explicit Wait(Event& event) noexcept : event_(&event) {}
    detail::EventWaiter make_awaiter(detail::TaskState& task) const noexcept { return {task, *event_}; }

   private:
    Event* event_;
  };
  Wait wait() noexcept { return Wait(*this); }

 private:
  friend class detail::EventWaiter;
  bool set_ = false;
  detail::IntrusiveList<detail::EventWaiter, Event> waiters_;
};

// "Something is to be done": any number of notify() between two waits are one. One task waits at a time; a second one is
// a std::logic_error.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void notify() noexcept;

  class Wait {
   public:
    explicit Wait(Signal& signal) noexcept : signal_(&signal) {}
    detail::SignalWaiter make_awaiter(detail::TaskState& task) const noexcept { return {task, *signal_}; }

   private:
    Signal* signal_;
  };
  Wait wait() noexcept { return Wait(*this); }

 private:
  friend class detail::SignalWaiter;
  bool notified_ = false;
  detail::SignalWaiter* waiter_ = nullptr;
};

}  // namespace hoiku
