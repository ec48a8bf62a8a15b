#include "hoiku/async/run.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>

#include "async/src/clock.hpp"
#include "async/src/signals.hpp"
#include "hoiku/async/detail/root_task.hpp"
#include "hoiku/async/detail/runtime.hpp"
#include "hoiku/async/exception_group.hpp"
#include "hoiku/async/line_writer.hpp"

namespace hoiku {
namespace detail {

namespace {

CancelReason reason_of(int signal) {
  if (signal == SIGINT) return CancelReason{CancelSource::keyboard_interrupt, "interrupted"};
  if (signal == SIGHUP) return CancelReason{CancelSource::hangup, "the terminal has closed"};
  return CancelReason{CancelSource::shutdown, "asked to end"};
}

}  // namespace

RunOutcome run_root(SignalUse use, const std::function<Task<>()>& main) {
  if (Runtime::current()) throw std::logic_error("run() inside a run: await the task instead");
  reserve_standard_descriptors();
  boost::asio::io_context context(1);
  // Keeps the loop waiting when all that is left to wait for is another thread.
  const auto work = boost::asio::make_work_guard(context);
  RealClock clock(context);
  Runtime runtime(context, clock);
  clock.on_wake([&] { runtime.fire_deadlines(); });

  RunOutcome outcome;
  std::optional<SignalWatch> signals;
  if (use == SignalUse::take) signals.emplace(context, [&](int signal) { runtime.root().cancel(reason_of(signal)); });
  RootTask root(runtime, main);
  while (!root.finished()) context.run_one();
  outcome.error = root.error();
  if (signals) outcome.signal = signals->stop();
  if (outcome.signal != 0) die_at_exit(outcome.signal);
  flush_lines();
  return outcome;
}

int exit_status(const RunOutcome& outcome) {
  if (outcome.error && !is_cancelled(outcome.error)) {
    const auto print = [](const std::exception& leaf) { log_line(std::string("error: ") + leaf.what()); };
    ExceptionGroup({outcome.error}).for_each_leaf(print);
    flush_lines();
    return 1;
  }
  return outcome.signal == 0 ? 0 : 128 + outcome.signal;
}

}  // namespace detail

boost::asio::io_context& current_io_context() { return detail::Runtime::require("current_io_context()").context(); }

}  // namespace hoiku
