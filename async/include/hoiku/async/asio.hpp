// asio.hpp: awaits Asio operations in a Task: co_await socket.async_read_some(buffer, use_task).
//
// Not part of async.hpp: only the files that await Asio include it, and compile Asio. An asio::awaitable can be awaited
// too.
//
// Promises   An operation does not start if the task is cancelled already. If the task is cancelled while the operation
//            runs, the operation gets cancellation_type::all: Cancelled is thrown if it then reports that it was
//            aborted. If it succeeds all the same, its result is returned, and the cancellation strikes at the next
//            wait. A task waits for the end of an operation that cannot be cancelled (a resolver).
// Errors     boost::system::system_error, or no error at all with asio::as_tuple(use_task). A composed operation that
//            is aborted loses what it has read or written until then, as Asio documents.
// Thread     the loop's.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/runtime.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/async/task.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The completion token of operations that a Task awaits.
inline constexpr auto use_task = boost::asio::deferred;

namespace detail {

template <class Signature>
struct CompletionResult;
template <class R, class... Args>
struct CompletionResult<R(Args...)> {
  using Tuple = std::tuple<std::decay_t<Args>...>;
};

bool is_aborted(const boost::system::error_code& code) noexcept;
bool is_aborted(const std::exception_ptr& error) noexcept;

// Not inline, since Asio calls it by a name that is a macro of Qt's.
void cancel_operation(boost::asio::cancellation_signal& signal) noexcept;

// The result of as_tuple: a tuple whose first member is an error_code.
template <class T>
inline constexpr bool holds_error_code = false;
template <class... Rest>
inline constexpr bool holds_error_code<std::tuple<boost::system::error_code, Rest...>> = true;

template <class Operation>
class AsioAwaiter final : public Blocker {
  using Tuple = typename CompletionResult<typename boost::asio::completion_signature_of<Operation>::type>::Tuple;

 public:
  AsioAwaiter(Operation&& operation, TaskState& task)
      : Blocker("an Asio operation"), operation_(std::move(operation)), task_(task) {}

  bool await_ready() {
    task_.throw_if_cancelled();
    return false;
  }

  bool await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    initiating_ = true;
    task_.park(*this);
    try {
      std::move(operation_)(Handler(*this));
    } catch (...) {
      task_.unpark();
      throw;
    }
    initiating_ = false;
    // An operation that completed at once continues without a round through the loop, and without recursion.
    return !result_.has_value();
  }

  auto await_resume() {
    signal_.slot().clear();
    if constexpr (std::tuple_size_v<Tuple> == 0) {
      return;
    } else {
      using First = std::tuple_element_t<0, Tuple>;
      if constexpr (std::is_same_v<First, boost::system::error_code>) {
        const auto& code = std::get<0>(*result_);
        throw_cancelled_if(is_aborted(code));
        if (code) throw boost::system::system_error(code);
        return rest();
      } else if constexpr (std::is_same_v<First, std::exception_ptr>) {
        const auto& error = std::get<0>(*result_);
        throw_cancelled_if(is_aborted(error));
        if (error) std::rethrow_exception(error);
        return rest();
      } else {
        if constexpr (holds_error_code<First>) throw_cancelled_if(is_aborted(std::get<0>(std::get<0>(*result_))));
        if constexpr (std::tuple_size_v<Tuple> == 1)
          return std::move(std::get<0>(*result_));
        else
          return std::move(*result_);
      }
    }
  }

  void interrupt() noexcept override { cancel_operation(signal_); }

 private:
  class Handler {
   public:
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;
    explicit Handler(AsioAwaiter& awaiter) noexcept : awaiter_(&awaiter) {}
    executor_type get_executor() const noexcept { return awaiter_->task_.runtime().context().get_executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return awaiter_->signal_.slot(); }
    template <class... Args>
    void operator()(Args&&... args) {
      awaiter_->result_.emplace(std::forward<Args>(args)...);
      awaiter_->task_.unpark();
      // The handler never resumes the task itself: it may run inside the initiation or inside a cancellation, and the
      // ready queue decides the order of a tick.
      if (!awaiter_->initiating_) awaiter_->task_.schedule(awaiter_->handle_);
    }

   private:
    AsioAwaiter* awaiter_;
  };

  void throw_cancelled_if(bool aborted) {
    // Only if this task was interrupted: a socket that was closed or cancelled otherwise reports its own error.
    if (aborted && task_.was_interrupted()) task_.scope()->throw_cancelled();
  }

  auto rest() {
    if constexpr (std::tuple_size_v<Tuple> == 1) {
      return;
    } else if constexpr (std::tuple_size_v<Tuple> == 2) {
      return std::move(std::get<1>(*result_));
    } else {
      return std::apply([](auto&, auto&... values) { return std::make_tuple(std::move(values)...); }, *result_);
    }
  }

  Operation operation_;
  TaskState& task_;
  boost::asio::cancellation_signal signal_;
  std::optional<Tuple> result_;
  std::coroutine_handle<> handle_;
  bool initiating_ = false;
};

template <class Operation>
  requires(boost::asio::is_async_operation<Operation>::value)
struct ForeignAwait<Operation> {
  static auto make_awaiter(Operation operation, TaskState& task) {
    return AsioAwaiter<Operation>(std::move(operation), task);
  }
};

template <class T, class Executor>
struct ForeignAwait<boost::asio::awaitable<T, Executor>> {
  template <class Awaitable>
  static auto make_awaiter(Awaitable&& awaitable, TaskState& task) {
    auto operation = boost::asio::co_spawn(task.runtime().context(), std::move(awaitable), boost::asio::deferred);
    return AsioAwaiter<decltype(operation)>(std::move(operation), task);
  }
};

}  // namespace detail
}  // namespace hoiku
