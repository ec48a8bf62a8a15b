// waits.cpp: sleep, Event, Signal, and what awaiting an Asio operation needs besides its template.
#include <stdexcept>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/sleep.hpp"

#include <boost/asio/experimental/channel_error.hpp>

namespace hoiku {
namespace detail {

void SleepAwaiter::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  outer_ = task_.scope();
  scope_.set_deadline(until_);
  scope_.attach(task_.runtime(), outer_);
  task_.enter(scope_);
  if (scope_.effective())
    task_.runtime().schedule(task_, handle_);
  else
    task_.park(*this);
}

void SleepAwaiter::interrupt() noexcept {
  task_.unpark();
  task_.runtime().schedule(task_, handle_);
}

void SleepAwaiter::await_resume() {
  task_.enter(*outer_);
  scope_.detach();
  task_.throw_if_cancelled();
}

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

bool is_aborted(const boost::system::error_code& code) noexcept {
  return code == boost::asio::error::operation_aborted ||
         code == boost::asio::experimental::channel_errc::channel_cancelled;
}

bool is_aborted(const std::exception_ptr& error) noexcept {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& failure) {
    return is_aborted(failure.code());
  } catch (...) {
    return false;
  }
}

}  // namespace detail

detail::Sleep sleep(Duration d) {
  if (d < Duration::zero()) throw std::invalid_argument("sleep: the duration must not be negative");
  return detail::Sleep(d);
}

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
