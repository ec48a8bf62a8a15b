// run.hpp: runs a loop on the real clock, from an ordinary function until everything in it has ended.
//
//   Task<> behave(Nursery& nursery) { ... }
//   int main() { return run(behave); }
//
// Thread     the loop is the caller's thread's.
// Signals    SIGINT, SIGTERM and SIGHUP cancel the main task, unless they are ignored; a second SIGINT or SIGTERM ends
//            the process. A program that exits with the status that run() returned then dies of the signal. At its end
//            run() gives back the handlers that it found; run(leave_signals, ...) takes none (signals.hpp).
// Files      run() puts /dev/null in the place of a standard descriptor that is closed, so that no socket gets what is
//            printed; reading from it and writing to it fail as before.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/main_function.hpp"
#include "hoiku/async/signals.hpp"
#include "hoiku/async/task.hpp"

// Declared only: hoiku/async/asio.hpp includes it.
namespace boost::asio {
class io_context;
}

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

struct RunOutcome {
  std::exception_ptr error;
  int signal = 0;  // the signal that ended the run, or 0
};
enum class SignalUse : unsigned char { take, leave };
RunOutcome run_root(SignalUse use, const std::function<Task<>()>& main);

int exit_status(const RunOutcome& outcome);

template <class F>
Task<> store_result(F& main, auto& result) {
  result.emplace(co_await main());
}

template <class F, class... Args>
auto run_with(SignalUse use, F&& main, Args&&... args) {
  constexpr bool is_a_task = is_task<std::remove_cvref_t<F>>;
  static_assert(
      !is_a_task,
      "give run the function, not its Task: run(robot_main), not run(robot_main()) nor run(open_nursery(...))");
  constexpr bool is_awaitable = !is_a_task && is_only_awaitable<F, Args...>();
  static_assert(!is_awaitable,
                "give run a function, not something to await: run([](Nursery& nursery) -> Task<> { ... })");
  static_assert(is_a_task || is_awaitable || MainFunction<F, Args...>,
                "run takes a function that returns a Task, with its arguments; it may take a Nursery& first");
  if constexpr (MainFunction<F, Args...>) {
    auto call = [&] { return call_main(main, args...); };
    using Result = typename std::remove_cvref_t<decltype(call())>::value_type;
    if constexpr (std::is_void_v<Result>) {
      return exit_status(run_root(use, call));
    } else {
      std::optional<Result> result;
      const RunOutcome outcome = run_root(use, [&] { return store_result(call, result); });
      if (outcome.error) std::rethrow_exception(outcome.error);
      return std::move(*result);
    }
  }
}

}  // namespace detail

// Runs main(args...), a coroutine; or main(nursery, args...), in a nursery that ends before run() returns. For a Task<>
// returns an exit status: 0; 1 after an error, each leaf of which is printed on stderr; 128 + n after signal n (130
// after SIGINT, 143 after SIGTERM, 129 after SIGHUP). For a Task<T> returns the T, or throws what the task threw:
// Cancelled after a signal. Inside of a run: std::logic_error.
template <class F, class... Args>
auto run(F&& main, Args&&... args) {
  return detail::run_with(detail::SignalUse::take, std::forward<F>(main), std::forward<Args>(args)...);
}
template <class F, class... Args>
auto run(LeaveSignals, F&& main, Args&&... args) {
  return detail::run_with(detail::SignalUse::leave, std::forward<F>(main), std::forward<Args>(args)...);
}

// Returns the io_context of the running loop, for the Asio objects that a task makes. The loop owns it.
// Outside of a run: std::logic_error.
boost::asio::io_context& current_io_context();

}  // namespace hoiku
