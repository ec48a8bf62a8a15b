#include "hoiku/async/detail/scope_node.hpp"

#include "hoiku/async/detail/runtime.hpp"

namespace hoiku::detail {

void TaskState::enter(ScopeNode& scope) noexcept {
  ListHook<InScope>::unlink();
  scope_ = &scope;
  scope.tasks().push_back(*this);
}

void TaskState::leave_all() noexcept {
  ListHook<InScope>::unlink();
  scope_ = nullptr;
}

void TaskState::park(Blocker& blocker) noexcept {
  blocker.parked_at(runtime_->now());
  blocker_ = &blocker;
  interrupted_ = false;
}

void TaskState::interrupt() noexcept {
  if (!blocker_ || interrupted_) return;
  interrupted_ = true;
  blocker_->interrupt();
}

void TaskState::schedule(std::coroutine_handle<> resume) noexcept { runtime_->schedule(*this, resume); }

TimePoint TaskState::now() const noexcept { return runtime_->now(); }

ScopeNode::~ScopeNode() { detach(); }

void ScopeNode::attach(Runtime& runtime, ScopeNode* parent) {
  runtime_ = &runtime;
  parent_ = parent;
  if (parent) parent->children_.push_back(*this);
  effective_ = cancel_called_ || parent_visible();
  if (wanted_deadline_ == never || cancel_called_) return;
  if (wanted_deadline_ <= runtime.now())
    cancel(CancelReason{CancelSource::deadline, {}});
  else
    runtime.set_deadline(*this, wanted_deadline_);
}

void ScopeNode::detach() noexcept {
  if (!runtime_) return;
  runtime_->deadlines().remove(*this);
  ListHook<ScopeNode>::unlink();
  parent_ = nullptr;
  runtime_ = nullptr;
}

void ScopeNode::move_under(ScopeNode& parent) noexcept {
  ListHook<ScopeNode>::unlink();
  parent_ = &parent;
  parent.children_.push_back(*this);
  refresh();
}

void ScopeNode::cancel(CancelReason reason) noexcept {
  if (cancel_called_) return;
  cancel_called_ = true;
  reason_ = std::move(reason);
  if (!runtime_) return;
  runtime_->deadlines().remove(*this);
  refresh();
}

void ScopeNode::set_shield(bool shield) noexcept {
  shield_ = shield;
  if (runtime_) refresh();
}

void ScopeNode::set_deadline(TimePoint at) {
  wanted_deadline_ = at;
  if (runtime_ && !cancel_called_) runtime_->set_deadline(*this, at);
}

// Updates the tree below, as far as the state changes. Without recursion, since scopes may be nested thousands deep.
void ScopeNode::refresh() noexcept {
  ScopeNode* node = this;
  for (;;) {
    const bool effective = node->cancel_called_ || node->parent_visible();
    ScopeNode* child = nullptr;
    if (effective != node->effective_) {
      node->effective_ = effective;
      if (effective) {
        for (TaskState* task = node->tasks_.first(); task; task = node->tasks_.after(*task)) task->interrupt();
      }
      child = node->children_.first();
    }
    if (child) {
      node = child;
      continue;
    }
    ScopeNode* sibling = nullptr;
    while (node != this && !(sibling = node->parent_->children_.after(*node))) node = node->parent_;
    if (node == this) return;
    node = sibling;
  }
}

void ScopeNode::throw_cancelled() const {
  // Takes the reason of the nearest scope that has one of its own.
  const ScopeNode* node = this;
  while (node && !node->cancel_called_) node = node->shield_ ? nullptr : node->parent_;
  throw Cancelled(node ? node->reason_ : CancelReason{});
}

}  // namespace hoiku::detail
