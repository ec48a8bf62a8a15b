// child_task.hpp: the coroutine of a nursery's child: it owns the child's function, its arguments and its task's state.
#pragma once

#include <coroutine>
#include <functional>
#include <tuple>
#include <utility>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/task_promise.hpp"

namespace [[gnu::visibility("default")]] hoiku {

class Nursery;

namespace detail {

class ChildTask;

// The frame holds the task's state too, so that spawning a child is a single allocation from the pool.
class ChildPromise : public PromiseBase {
 public:
  enum class Kind : bool { ordinary, attendant };

  // The language passes the coroutine's parameters here; only these two matter.
  ChildPromise(Nursery& nursery, Kind kind, auto&&...) : ChildPromise(nursery, kind) {}
  ChildPromise(Nursery& nursery, Kind kind);

  ChildTask get_return_object() noexcept;
  void return_void() noexcept {}

  class Final {
   public:
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<ChildPromise> handle) noexcept;
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }

 private:
  friend class hoiku::Nursery;
  Nursery& nursery_;
  Kind kind_;
  TaskState state_;
};

class ChildTask {
 public:
  using promise_type = ChildPromise;
  explicit ChildTask(std::coroutine_handle<ChildPromise> frame) noexcept : handle(frame) {}
  std::coroutine_handle<ChildPromise> handle;
};

inline ChildTask ChildPromise::get_return_object() noexcept {
  return ChildTask(std::coroutine_handle<ChildPromise>::from_promise(*this));
}

// A child's function in the child's frame. A pointer to a function cannot be a parameter itself: if an included file
// declares one of its types in an anonymous namespace, g++ 14 crashes when it lays out the frame.
template <class F>
class StoredFunction {
 public:
  explicit StoredFunction(F function) : function_(std::move(function)) {}
  template <class... Args>
  decltype(auto) operator()(Args&&... args) {
    return std::invoke(function_, std::forward<Args>(args)...);
  }

 private:
  F function_;
};

template <class F, class... Args>
ChildTask child(Nursery&, ChildPromise::Kind, StoredFunction<F> function, std::tuple<Args...> args) {
  co_await std::apply([&](auto&... stored) { return function(static_cast<Args&&>(stored)...); }, args);
}

template <class F, class... Args>
ChildTask shielded_child(Nursery&, ChildPromise::Kind, StoredFunction<F> function, std::tuple<Args...> args) {
  auto body = [&] {
    return std::apply([&](auto&... stored) { return function(static_cast<Args&&>(stored)...); }, args);
  };
  co_await shield(body);
}

}  // namespace detail
}  // namespace hoiku
