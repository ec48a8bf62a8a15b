#include "link/src/zmtp/ticker.hpp"

#include <boost/system/error_code.hpp>
#include <utility>

#include "hoiku/async/asio.hpp"

namespace hoiku::link::zmtp {

Ticker::Ticker(Duration period, std::function<void()> on_tick)
    : period_(period),
      timer_(current_io_context()),
      on_tick_(std::make_shared<std::function<void()>>(std::move(on_tick))) {}

Ticker::~Ticker() = default;

void Ticker::start() {
  if (std::exchange(is_running_, true)) return;
  arm();
}

void Ticker::stop() noexcept {
  is_running_ = false;
  timer_.cancel();
}

void Ticker::arm() {
  timer_.expires_after(std::exchange(is_in_a_hurry_, false) ? Duration::zero() : period_);
  timer_.async_wait([this, weak = std::weak_ptr(on_tick_)](const boost::system::error_code& error) {
    const auto on_tick = weak.lock();
    if (!on_tick || error || !is_running_) return;
    (*on_tick)();
    if (!weak.expired() && is_running_) arm();
  });
}

}  // namespace hoiku::link::zmtp
