#include "hoiku/async/sleep.hpp"

#include <stdexcept>

namespace hoiku {
namespace detail {

void SleepAwaiter::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  outer_ = task_.scope();
  scope_.set_deadline(until_);
  scope_.attach(task_.runtime(), outer_);
  task_.enter(scope_);
  if (scope_.effective())
    task_.schedule(handle_);
  else
    task_.park(*this);
}

void SleepAwaiter::interrupt() noexcept {
  task_.unpark();
  task_.schedule(handle_);
}

void SleepAwaiter::await_resume() {
  task_.enter(*outer_);
  scope_.detach();
  task_.throw_if_cancelled();
}

}  // namespace detail

detail::Sleep sleep(Duration d) {
  if (d < Duration::zero()) throw std::invalid_argument("sleep: the duration must not be negative");
  return detail::Sleep(d);
}

}  // namespace hoiku
