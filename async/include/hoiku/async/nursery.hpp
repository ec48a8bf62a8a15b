// nursery.hpp: a block that owns tasks: it ends when all of them have ended, whatever the reason.
//
//   co_await open_nursery([&](Nursery& nursery) -> Task<> {
//     nursery.start_soon(blink, led);                          // a child: blink(led) runs from the next tick on
//     const int port = co_await nursery.start(serve, name);    // a child that says when it is ready: task_status.hpp
//     ...
//   });                                                        // waits for the children
//
// Promises   An error in the body or in a child cancels all others. When everything has ended, cleanup included, the
//            errors come out as one ExceptionGroup, in the order of their completion. A cancellation is never among
//            them. The end of the block is not itself a point of cancellation.
// Lifetime   Children outlive the body: they take their values as arguments, and refer only to what was declared
//            outside of the nursery's block.
// Thread     the loop's: start_soon(), start() and start_attendant() throw std::logic_error on another one, and start
//            nothing.
// Source     Trio's nurseries; attendants are ours.
#pragma once

#include <cstddef>
#include <exception>
#include <vector>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/child_task.hpp"
#include "hoiku/async/event.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class JoinAwaiter;
class NurseryBlock;
class StartState;

}  // namespace detail

// open_nursery makes it, and passes it to its body. It ends with the block.
class Nursery {
 public:
  explicit Nursery(detail::TaskState& parent) noexcept : parent_(parent) {}
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;

  // Starts function(args...), a coroutine, as a child; it runs from the next tick on. The function and the arguments
  // are copied or moved in (std::ref for a reference), and live as long as the child. Throws Closed if the nursery has
  // ended.
  template <class F, class... Args>
  void start_soon(F&& function, Args&&... args);

  // Starts a child and waits until it is ready: `T v = co_await nursery.start(serve, port)` runs serve(TaskStatus<T>,
  // port) and returns what that passes to status.started(v). Until then the task belongs to this call: its error comes
  // out of it as it is, and a cancellation of the caller cancels the task. From then on it is a child of this nursery.
  // The nursery stays open while a start is pending. Throws Closed if the nursery has ended, std::logic_error if the
  // task ends without started().
  template <class F, class... Args>
  auto start(F&& function, Args&&... args);

  // Cancels the body and all children if it is cancelled.
  CancelScope& cancel_scope() noexcept { return scope_; }

  // Starts an attendant, which serves the other children (a connection, say). It is shielded from cancellation, and
  // does not keep the nursery open: closing() is set when the body and all other children have ended, and then the
  // block waits for its attendants. Arguments and errors as for start_soon.
  template <class F, class... Args>
  void start_attendant(F&& function, Args&&... args);
  Event& closing() noexcept { return closing_; }

  // Throws std::logic_error, which names the caller, on a thread that does not run the nursery's loop.
  void require_loop(const char* caller) const;

 private:
  friend class detail::ChildPromise;
  friend class detail::JoinAwaiter;
  friend class detail::NurseryBlock;
  friend class detail::StartState;

  detail::ChildPromise::Kind prepare(detail::ChildPromise::Kind kind) const;
  void spawn(detail::ChildTask child, detail::ChildPromise::Kind kind) noexcept { spawn(child, kind, scope_.node_); }
  void spawn(detail::ChildTask child, detail::ChildPromise::Kind kind, detail::ScopeNode& scope) noexcept;
  void adopt(detail::ScopeNode& scope) noexcept { scope.move_under(scope_.node_); }
  void child_ended(detail::ChildPromise::Kind kind, std::exception_ptr error) noexcept;
  void add_error(std::exception_ptr error);

  detail::TaskState& parent_;
  CancelScope scope_;
  std::size_t ordinary_ = 0;
  std::size_t attendants_ = 0;
  bool closed_ = false;
  bool saw_cancelled_ = false;
  std::vector<std::exception_ptr> errors_;
  Event closing_;
  detail::JoinAwaiter* joiner_ = nullptr;
};

// Opens a nursery around body(nursery), waits for everything in it, and returns the body's result. If the nursery
// itself is cancelled before a body with a result has returned: Closed.
template <class F>
auto open_nursery(F&& body);

// Runs the body until it ends or the trigger returns, whichever is first. Returns true if the body was cut short. Waits
// for the cleanup of the one that is cancelled. The trigger always runs until its first wait. The body's error comes
// out as it is, the trigger's in an ExceptionGroup.
template <class Trigger, class F, class... Args>
Task<bool> move_on_when(Trigger&& trigger, F&& body, Args&&... args);

}  // namespace hoiku

#include "hoiku/async/detail/nursery_block.hpp"
#include "hoiku/async/detail/nursery_start.hpp"
