#include "hoiku/async/nursery.hpp"

#include <stdexcept>
#include <string>

#include "hoiku/async/detail/runtime.hpp"

namespace hoiku {
namespace detail {

ChildPromise::ChildPromise(Nursery& nursery, Kind kind)
    : nursery_(nursery), kind_(kind), state_(nursery.parent_.runtime()) {
  task_ = &state_;
}

void ChildPromise::Final::await_suspend(std::coroutine_handle<ChildPromise> handle) noexcept {
  ChildPromise& promise = handle.promise();
  Nursery& nursery = promise.nursery_;
  const Kind kind = promise.kind_;
  std::exception_ptr error = std::move(promise.error_);
  // First the frame: what the child owned is destroyed before the nursery hears of its end.
  handle.destroy();
  nursery.child_ended(kind, std::move(error));
}

// Waits for the end of a nursery's children. A cancellation does not interrupt it: the children get that.
class JoinAwaiter final : public TaskAware, public Blocker {
 public:
  JoinAwaiter(Nursery& nursery, const std::size_t& count)
      : Blocker("the children of a nursery"), nursery_(nursery), count_(count) {}
  bool await_ready() const noexcept { return count_ == 0; }
  void await_suspend(std::coroutine_handle<> handle) noexcept {
    handle_ = handle;
    nursery_.joiner_ = this;
    task().park(*this);
  }
  void await_resume() const noexcept {}
  void interrupt() noexcept override {}

  void child_ended() noexcept {
    if (count_ > 0) return;
    nursery_.joiner_ = nullptr;
    task().unpark();
    task().schedule(handle_);
  }

 private:
  Nursery& nursery_;
  const std::size_t& count_;
  std::coroutine_handle<> handle_;
};

NurseryBlock::NurseryBlock(TaskState& task) : task_(task), outer_(task.scope()), nursery_(task) {
  enter_scope(nursery_.scope_.node_, task);
}

Task<> NurseryBlock::join() {
  JoinAwaiter children(nursery_, nursery_.ordinary_);
  while (nursery_.ordinary_ > 0) co_await children;
  nursery_.closed_ = true;
  nursery_.closing_.set();
  JoinAwaiter attendants(nursery_, nursery_.attendants_);
  while (nursery_.attendants_ > 0) co_await attendants;
}

void NurseryBlock::leave() {
  const bool from_outside = nursery_.scope_.node_.parent_visible();
  task_.enter(*outer_);
  nursery_.scope_.node_.detach();
  nursery_.scope_.caught_ = nursery_.saw_cancelled_ && !from_outside;
  if (!nursery_.errors_.empty()) throw ExceptionGroup(std::move(nursery_.errors_));
  if (nursery_.saw_cancelled_ && from_outside) outer_->throw_cancelled();
}

}  // namespace detail

void Nursery::require_loop(const char* caller) const {
  if (detail::Runtime::current() == &parent_.runtime()) return;
  throw std::logic_error(
      std::string(caller) +
      " on a thread that does not run the nursery's loop: to wake a loop from there, use a Doorbell");
}

detail::ChildPromise::Kind Nursery::prepare(detail::ChildPromise::Kind kind) const {
  require_loop("a child is started");
  if (closed_) throw Closed("this nursery has ended and takes no more children");
  return kind;
}

void Nursery::spawn(detail::ChildTask child, detail::ChildPromise::Kind kind, detail::ScopeNode& scope) noexcept {
  ++(kind == detail::ChildPromise::Kind::ordinary ? ordinary_ : attendants_);
  detail::TaskState& task = child.handle.promise().state_;
  task.enter(scope);
  task.schedule(child.handle);
}

void Nursery::child_ended(detail::ChildPromise::Kind kind, std::exception_ptr error) noexcept {
  if (error) add_error(std::move(error));
  --(kind == detail::ChildPromise::Kind::ordinary ? ordinary_ : attendants_);
  if (joiner_) joiner_->child_ended();
}

void Nursery::add_error(std::exception_ptr error) {
  if (detail::is_cancelled(error))
    saw_cancelled_ = true;
  else
    errors_.push_back(std::move(error));
  scope_.node_.cancel(CancelReason{CancelSource::nursery, "a task of this nursery has failed"});
}

}  // namespace hoiku
