#include "hoiku/async/detail/root_task.hpp"

#include "hoiku/async/detail/runtime.hpp"

namespace hoiku::detail {

class RootTask::Coroutine {
 public:
  class promise_type : public PromiseBase {
   public:
    explicit promise_type(RootTask& root) noexcept : root_(root) { task_ = &root.state_; }
    Coroutine get_return_object() noexcept {
      return Coroutine(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    void return_void() noexcept {}
    std::suspend_always final_suspend() noexcept {
      root_.error_ = std::move(error_);
      root_.state_.leave_all();
      root_.finished_ = true;
      return {};
    }

   private:
    RootTask& root_;
  };

  explicit Coroutine(std::coroutine_handle<> frame) noexcept : handle(frame) {}
  std::coroutine_handle<> handle;
};

RootTask::Coroutine RootTask::body(RootTask& self) { co_await self.main_(); }

RootTask::RootTask(Runtime& runtime, const std::function<Task<>()>& main) : main_(main), state_(runtime) {
  handle_ = body(*this).handle;
  state_.enter(runtime.root());
  runtime.schedule(state_, handle_);
}

RootTask::~RootTask() { handle_.destroy(); }

}  // namespace hoiku::detail
