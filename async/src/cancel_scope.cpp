#include "hoiku/async/cancel_scope.hpp"

#include <algorithm>

namespace hoiku {
namespace detail {

void enter_scope(ScopeNode& node, TaskState& task) {
  node.attach(task.runtime(), task.scope());
  task.enter(node);
}

bool leave_scope(ScopeNode& node, TaskState& task, ScopeNode& outer, const std::exception_ptr& error) noexcept {
  const bool absorbed = is_cancelled(error) && node.absorbs();
  task.enter(outer);
  node.detach();
  return absorbed;
}

}  // namespace detail

bool CancelScope::cancel_called() {
  if (!node_.cancel_called() && node_.attached() && node_.wanted_deadline() <= now())
    node_.cancel(CancelReason{CancelSource::deadline, {}});
  return node_.cancel_called();
}

TimePoint CurrentEffectiveDeadline::await_resume() const noexcept {
  if (task().cancelled()) return TimePoint::min();
  TimePoint earliest = never;
  for (const detail::ScopeNode* scope = task().scope(); scope; scope = scope->shield() ? nullptr : scope->parent())
    earliest = std::min(earliest, scope->wanted_deadline());
  return earliest;
}

}  // namespace hoiku
