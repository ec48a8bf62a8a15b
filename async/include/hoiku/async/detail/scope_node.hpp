// scope_node.hpp: the tree of a run's cancel scopes, and the tasks in it: the machinery of CancelScope.
//
// A scope is *effective* if it was cancelled, or if its parent is effective and it has no shield. That alone decides
// whether its tasks are cancelled: each change updates the state of the tree, and a task reads it with one load.
#pragma once

#include <coroutine>

#include "hoiku/async/cancelled.hpp"
#include "hoiku/async/detail/deadline_queue.hpp"
#include "hoiku/async/detail/intrusive_list.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class Runtime;
class ScopeNode;

struct InScope;
struct InReadyQueue;

// The wait that a task is parked on. `interrupt` is called at most once for each park: it removes the task from the
// wait structure at that instant and schedules it, and runs no code of the user's.
class Blocker {
 public:
  explicit Blocker(const char* what) noexcept : what_(what) {}
  virtual void interrupt() noexcept = 0;
  const char* waits_for() const noexcept { return what_; }
  TimePoint since() const noexcept { return since_; }
  void parked_at(TimePoint since) noexcept { since_ = since; }

 protected:
  ~Blocker() = default;

 private:
  const char* what_;
  TimePoint since_{};
};

// A task: its place in the tree of scopes, and the wait that it is parked on.
class TaskState : public ListHook<InScope>, public ListHook<InReadyQueue> {
 public:
  explicit TaskState(Runtime& runtime) noexcept : runtime_(&runtime) {}

  Runtime& runtime() const noexcept { return *runtime_; }
  ScopeNode* scope() const noexcept { return scope_; }
  bool cancelled() const noexcept;
  void throw_if_cancelled() const;

  void enter(ScopeNode& scope) noexcept;
  void leave_all() noexcept;

  void park(Blocker& blocker) noexcept;
  void unpark() noexcept { blocker_ = nullptr; }
  const Blocker* blocker() const noexcept { return blocker_; }
  // Interrupts the current wait, if there is one that has not been interrupted before.
  void interrupt() noexcept;
  bool was_interrupted() const noexcept { return interrupted_; }

  // Makes the task runnable: it resumes in the next tick.
  void schedule(std::coroutine_handle<> resume) noexcept;
  // Returns the time of the loop that runs this task.
  TimePoint now() const noexcept;

 private:
  friend class Runtime;
  Runtime* runtime_;
  ScopeNode* scope_ = nullptr;
  Blocker* blocker_ = nullptr;
  bool interrupted_ = false;
  std::coroutine_handle<> resume_;
};

class ScopeNode : public ListHook<ScopeNode>, public Deadline {
 public:
  ScopeNode() = default;
  ~ScopeNode();

  // Adds the scope below `parent` (nullptr: as the root). From now on its deadline can strike.
  void attach(Runtime& runtime, ScopeNode* parent);
  void detach() noexcept;
  // Moves the scope and everything below it to another parent, whose state rules it from now on.
  void move_under(ScopeNode& parent) noexcept;
  bool attached() const noexcept { return runtime_ != nullptr; }
  ScopeNode* parent() const noexcept { return parent_; }

  void cancel(CancelReason reason) noexcept;
  void set_shield(bool shield) noexcept;
  void set_deadline(TimePoint at);
  TimePoint wanted_deadline() const noexcept { return wanted_deadline_; }

  bool cancel_called() const noexcept { return cancel_called_; }
  bool shield() const noexcept { return shield_; }
  bool effective() const noexcept { return effective_; }
  // Returns true if a cancellation from outside reaches this scope: then a Cancelled is not this scope's to absorb.
  bool parent_visible() const noexcept { return parent_ && parent_->effective_ && !shield_; }
  // Returns true if the scope swallows a Cancelled that leaves its block.
  bool absorbs() const noexcept { return effective_ && !parent_visible(); }

  [[noreturn]] void throw_cancelled() const;

  IntrusiveList<TaskState, InScope>& tasks() noexcept { return tasks_; }
  IntrusiveList<ScopeNode, ScopeNode>& children() noexcept { return children_; }

 private:
  void refresh() noexcept;

  Runtime* runtime_ = nullptr;
  ScopeNode* parent_ = nullptr;
  IntrusiveList<ScopeNode, ScopeNode> children_;
  IntrusiveList<TaskState, InScope> tasks_;
  TimePoint wanted_deadline_ = never;
  bool shield_ = false;
  bool cancel_called_ = false;
  bool effective_ = false;
  CancelReason reason_;
};

inline bool TaskState::cancelled() const noexcept { return scope_ && scope_->effective(); }
inline void TaskState::throw_if_cancelled() const {
  if (cancelled()) scope_->throw_cancelled();
}

}  // namespace detail
}  // namespace hoiku
