#include "hoiku/async/run.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "async/src/clock.hpp"
#include "hoiku/async/detail/root_task.hpp"
#include "hoiku/async/detail/runtime.hpp"
#include "hoiku/async/exception_group.hpp"

namespace hoiku {
namespace detail {

RunOutcome run_root(const std::function<Task<>()>& main) {
  if (Runtime::current()) throw std::logic_error("run() inside a run: await the task instead");
  boost::asio::io_context context(1);
  RealClock clock(context);
  Runtime runtime(context, clock);
  clock.on_wake([&] { runtime.fire_deadlines(); });

  RunOutcome outcome;
  boost::asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& code, int signal) {
    if (code) return;
    outcome.signal = signal;
    // Restores the default action: a second Ctrl-C ends a program whose cleanup hangs.
    signals.clear();
    const bool keyboard = signal == SIGINT;
    runtime.root().cancel(CancelReason{keyboard ? CancelSource::keyboard_interrupt : CancelSource::shutdown,
                                       keyboard ? "interrupted" : "asked to end"});
  });

  RootTask root(runtime, main);
  while (!root.finished()) context.run_one();
  outcome.error = root.error();
  return outcome;
}

int exit_status(const RunOutcome& outcome) {
  if (outcome.error && !is_cancelled(outcome.error)) {
    const auto print = [](const std::exception& leaf) { std::fprintf(stderr, "error: %s\n", leaf.what()); };
    ExceptionGroup({outcome.error}).for_each_leaf(print);
    return 1;
  }
  return outcome.signal == SIGINT ? 130 : 0;
}

}  // namespace detail

boost::asio::io_context& current_io_context() { return detail::Runtime::require("current_io_context()").context(); }

}  // namespace hoiku
