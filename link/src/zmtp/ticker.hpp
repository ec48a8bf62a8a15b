// ticker.hpp: calls a function again and again. One for each link, since the limits of its connections need no
// precision.
//
// Promises   the function never runs after the destruction.
// Thread     the loop's. Owner: a link.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "hoiku/async/time.hpp"

namespace hoiku::link::zmtp {

class Ticker {
 public:
  Ticker(Duration period, std::function<void()> on_tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // Starts, if it has not started.
  void start();
  // To be called by the function: its next call comes in the next round of the loop, not after the period.
  void hurry() noexcept { is_in_a_hurry_ = true; }
  // Stops: a link without connections wakes nobody.
  void stop() noexcept;

 private:
  void arm();

  const Duration period_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> on_tick_;  // pending handlers see by it that the ticker was destroyed
  bool is_running_ = false;
  bool is_in_a_hurry_ = false;
};

}  // namespace hoiku::link::zmtp
