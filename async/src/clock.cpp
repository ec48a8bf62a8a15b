#include "async/src/clock.hpp"

#include "hoiku/async/detail/runtime.hpp"

namespace hoiku::detail {

TimePoint RealClock::now() noexcept { return std::chrono::steady_clock::now(); }

void RealClock::wake_at(TimePoint deadline) {
  // The timer only ever moves forward: one that expires too early costs a wake-up, but setting it again for each scope
  // that ends in time would cost two system calls per scope.
  if (deadline >= armed_) return;
  armed_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([this](const boost::system::error_code& code) {
    if (code) return;
    armed_ = never;
    wake_();
  });
}

}  // namespace hoiku::detail

std::chrono::sys_time<std::chrono::microseconds> hoiku::wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

hoiku::TimePoint hoiku::now() {
  detail::Runtime* runtime = detail::Runtime::current();
  return runtime ? runtime->now() : std::chrono::steady_clock::now();
}
