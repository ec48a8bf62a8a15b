// asio.hpp: any Asio operation can be awaited in a Task: co_await socket.async_read_some(buffer, use_task).
//
// Promises   cancelled before it starts: it is not started. Cancelled while it runs: the operation is told (with
//            cancellation_type::all), and if it then reports that it was aborted, Cancelled is thrown; if it succeeded all
//            the same, its result is returned and the cancellation strikes at the next point. What Asio has read or written
//            before a composed operation was aborted is gone, as Asio documents.
//            An operation that cannot be cancelled (the resolver) is waited for.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>

#include "hoiku/async/cancelled.hpp"
#include "hoiku/async/detail/runtime.hpp"

namespace hoiku {

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

// What as_tuple gives: a tuple whose first member is an error_code.
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
    // An operation that completed at once goes on without a round through the loop, and without recursion.
    return !result_.has_value();
  }

  auto await_resume() {
    task_.asio_slot().clear();
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

  void interrupt() noexcept override { task_.cancel_asio_operation(); }

 private:
  class Handler {
   public:
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;
    explicit Handler(AsioAwaiter& awaiter) noexcept : awaiter_(&awaiter) {}
    executor_type get_executor() const noexcept { return awaiter_->task_.runtime().context().get_executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return awaiter_->task_.asio_slot(); }
    template <class... Args>
    void operator()(Args&&... args) {
      awaiter_->result_.emplace(std::forward<Args>(args)...);
      awaiter_->task_.unpark();
      // Never resumed from here: the handler may run inside the initiation or inside a cancellation, and a tick's order is
      // the ready queue's.
      if (!awaiter_->initiating_) awaiter_->task_.runtime().schedule(awaiter_->task_, awaiter_->handle_);
    }

   private:
    AsioAwaiter* awaiter_;
  };

  void throw_cancelled_if(bool aborted) {
    // Aborted by us; a socket that was closed or cancelled by somebody else reports its own error.
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
  std::optional<Tuple> result_;
  std::coroutine_handle<> handle_;
  bool initiating_ = false;
};

template <class T>
inline constexpr bool is_asio_awaitable = false;
template <class T, class Executor>
inline constexpr bool is_asio_awaitable<boost::asio::awaitable<T, Executor>> = true;

template <class A>
auto await_asio(A&& awaited, TaskState& task) {
  using D = std::remove_cvref_t<A>;
  if constexpr (is_asio_awaitable<D>) {
    auto operation = boost::asio::co_spawn(task.runtime().context(), std::move(awaited), boost::asio::deferred);
    return AsioAwaiter<decltype(operation)>(std::move(operation), task);
  } else {
    static_assert(boost::asio::is_async_operation<D>::value,
                  "this cannot be awaited in a Task: await a Task, something of this library, or an Asio operation "
                  "started with use_task");
    D operation(std::forward<A>(awaited));
    return AsioAwaiter<D>(std::move(operation), task);
  }
}

}  // namespace detail
}  // namespace hoiku
