#include "hoiku/async/doorbell.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>
#include <utility>

#include "hoiku/async/detail/runtime.hpp"

namespace hoiku {

using LoopExecutor = boost::asio::io_context::executor_type;

struct Doorbell::State : std::enable_shared_from_this<State> {
  State(detail::Runtime& loop, std::function<void()> how)
      : runtime(&loop), answer(std::move(how)), open(std::in_place, loop.context().get_executor()) {}

  void ring() {
    {
      const std::lock_guard lock(mutex);
      if (!open) return;
      // Comparing addresses is safe: another runtime can have this address only after ours has ended, and then `open`
      // is empty.
      if (detail::Runtime::current() != runtime) {
        if (!std::exchange(rung, true))
          boost::asio::post(open->get_executor(), [self = shared_from_this()] { self->take_ring(); });
        return;
      }
    }
    answer();
  }

  // Runs on the loop. Rings from now on are answered once more.
  void take_ring() {
    {
      const std::lock_guard lock(mutex);
      rung = false;
      if (!open) return;
    }
    answer();
  }

  void end() {
    const std::lock_guard lock(mutex);
    open.reset();
  }

  detail::Runtime* const runtime;
  const std::function<void()> answer;
  std::mutex mutex;
  bool rung = false;
  // Keeps the loop running even if it has nothing left but to be rung for. Empty after the doorbell has ended.
  std::optional<boost::asio::executor_work_guard<LoopExecutor>> open;
};

void Doorbell::Button::ring() const {
  if (state_) state_->ring();
}

Doorbell::Doorbell(std::function<void()> answer)
    : state_(std::make_shared<State>(detail::Runtime::require("Doorbell"), std::move(answer))) {}

Doorbell::~Doorbell() { state_->end(); }

}  // namespace hoiku
