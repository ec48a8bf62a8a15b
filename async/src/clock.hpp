// clock.hpp: the machine's clock, with one Asio timer for all deadlines of a loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "hoiku/async/time.hpp"

namespace hoiku::detail {

class RealClock final : public Clock {
 public:
  explicit RealClock(boost::asio::io_context& context) : timer_(context) {}

  // Sets the function that is called when the time has come.
  void on_wake(std::function<void()> wake) { wake_ = std::move(wake); }

  TimePoint now() noexcept override;
  void wake_at(TimePoint deadline) override;
  void stop() { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> wake_;
  TimePoint armed_ = never;
};

}  // namespace hoiku::detail
