// run.hpp: runs a loop on the real clock, from an ordinary function until everything in it has ended.
//
//   Task<> behave(Nursery& nursery) { ... }
//   int main() { return run(behave); }
//
// Thread     the loop is the caller's thread's. SIGINT and SIGTERM cancel the main task; a second one ends the process.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/main_function.hpp"
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
RunOutcome run_root(const std::function<Task<>()>& main);

int exit_status(const RunOutcome& outcome);

template <class F>
Task<> store_result(F& main, auto& result) {
  result.emplace(co_await main());
}

}  // namespace detail

// Runs main(args...), a coroutine; or main(nursery, args...), in a nursery that ends before run() returns. For a Task<>
// returns an exit status: 0; 1 after an error, each leaf of which is printed on stderr; 130 after SIGINT; 0 after
// SIGTERM. For a Task<T> returns the T, or throws what the task threw. Inside of a run: std::logic_error.
template <class F, class... Args>
auto run(F&& main, Args&&... args) {
  constexpr bool is_task = detail::is_task<std::remove_cvref_t<F>>;
  static_assert(
      !is_task,
      "give run the function, not its Task: run(robot_main), not run(robot_main()) nor run(open_nursery(...))");
  constexpr bool is_awaitable = !is_task && detail::is_only_awaitable<F, Args...>();
  static_assert(!is_awaitable,
                "give run a function, not something to await: run([](Nursery& nursery) -> Task<> { ... })");
  static_assert(is_task || is_awaitable || detail::MainFunction<F, Args...>,
                "run takes a function that returns a Task, with its arguments; it may take a Nursery& first");
  if constexpr (detail::MainFunction<F, Args...>) {
    auto call = [&] { return detail::call_main(main, args...); };
    using Result = typename std::remove_cvref_t<decltype(call())>::value_type;
    if constexpr (std::is_void_v<Result>) {
      return detail::exit_status(detail::run_root(call));
    } else {
      std::optional<Result> result;
      const detail::RunOutcome outcome = detail::run_root([&] { return detail::store_result(call, result); });
      if (outcome.error) std::rethrow_exception(outcome.error);
      return std::move(*result);
    }
  }
}

// Returns the io_context of the running loop, for the Asio objects that a task makes. The loop owns it.
// Outside of a run: std::logic_error.
boost::asio::io_context& current_io_context();

}  // namespace hoiku
