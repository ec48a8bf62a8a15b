// signals.hpp: takes the signals that ask a program to end, for as long as a run lasts.
//
// Promises   a signal that is ignored is not taken. When the last watch of the process ends, each signal does what it
//            did before the first one, unless somebody else has taken it meanwhile. The handler itself ends the process
//            at the second SIGINT or SIGTERM, so that a loop that is stuck ends too.
// Thread     the loop's; loops in several threads may have one each, and a signal reaches all of them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

namespace hoiku::detail {

class SignalWatch {
 public:
  // Calls `on_signal` on the loop after the first signal, once.
  SignalWatch(boost::asio::io_context& context, std::function<void(int)> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // Gives the signals back. Returns the first one that came, or 0: also one that the loop has not seen.
  int stop();

 private:
  struct Listener;
  friend void take_signal(int number);

  boost::asio::posix::stream_descriptor bell_;
  std::unique_ptr<Listener> listener_;
};

// Makes the process die of `signal` at the end of exit(), if its status is then 128 + signal; and if it does not catch
// the Cancelled that a run has thrown.
void die_at_exit(int signal);

}  // namespace hoiku::detail
