// run.hpp: from an ordinary function into a loop, and back when everything has ended.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "hoiku/async/task.hpp"

namespace hoiku {
namespace detail {

// Runs on the real clock until the task has ended. SIGINT and SIGTERM cancel it; a second one ends the process at once.
struct RunOutcome {
  std::exception_ptr error;
  int signal = 0;  // the one that ended it, or 0
};
RunOutcome run_root(const std::function<Task<>()>& main);

// 0; 1 with each leaf of the error on stderr; 130 after SIGINT; 0 after SIGTERM once everything has cleaned up.
int exit_status(const RunOutcome& outcome);

template <class F>
Task<> store_result(F& main, auto& result) {
  result.emplace(co_await main());
}

}  // namespace detail

// run(main, args...): of a Task<> the process's exit status, of a Task<T> the T (or what the task threw). Calling it inside
// a run is a std::logic_error.
template <class F, class... Args>
auto run(F&& main, Args&&... args) {
  auto call = [&] { return std::invoke(main, args...); };
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

}  // namespace hoiku
