#include "hoiku/async/event.hpp"

#include <stdexcept>
#include <utility>

namespace hoiku {
namespace detail {

void EventWaiter::await_suspend(std::coroutine_handle<> handle) noexcept {
  if (event_.is_set()) return reschedule(handle);
  park(handle);
  event_.waiters_.push_back(*this);
}

void SignalWaiter::await_suspend(std::coroutine_handle<> handle) {
  if (signal_.waiter_) throw std::logic_error("a Signal has one waiter at a time");
  if (signal_.notified_) {
    signal_.notified_ = false;
    return reschedule(handle);
  }
  park(handle);
  signal_.waiter_ = this;
}

void SignalWaiter::leave() noexcept { signal_.waiter_ = nullptr; }

}  // namespace detail

void Event::set() noexcept {
  set_ = true;
  while (detail::EventWaiter* waiter = waiters_.first()) {
    waiter->leave();
    waiter->wake();
  }
}

void Signal::notify() noexcept {
  if (!waiter_) {
    notified_ = true;
    return;
  }
  detail::SignalWaiter* waiter = std::exchange(waiter_, nullptr);
  waiter->wake();
}

}  // namespace hoiku
