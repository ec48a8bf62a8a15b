// attendant.cpp: the part of bus_core.hpp that begins and ends a Bus with its nursery.
#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/duration.hpp"

namespace hoiku::client {
namespace {

using namespace std::chrono_literals;

constexpr Duration goodbye_timeout = 1s;

// The parts of a Bus fail one at a time, and its user knows nothing of its nurseries.
std::exception_ptr first_leaf(const ExceptionGroup& errors) {
  std::exception_ptr first = errors.errors().front();
  try {
    std::rethrow_exception(first);
  } catch (const ExceptionGroup& inner) {
    return first_leaf(inner);
  } catch (...) {
    return first;
  }
}

Task<> rethrow(std::exception_ptr error) {
  std::rethrow_exception(error);
  co_return;
}

}  // namespace

Task<> BusCore::attend(std::shared_ptr<BusCore> bus, Nursery& nursery) {
  auto body = [&](Nursery& own) -> Task<> {
    own.start_soon([&]() -> Task<> { co_await bus->leave_when_closing(nursery.closing()); });
    own.start_soon([&]() -> Task<> { co_await bus->report_refused_posts(nursery); });
    co_await bus->serving_.run([&]() -> Task<> { co_await bus->connection_.stay_connected(); });
    own.cancel_scope().cancel();
  };
  std::exception_ptr failed;
  try {
    co_await open_nursery(body);
  } catch (const ExceptionGroup& errors) {
    failed = first_leaf(errors);
  }
  if (!failed) failed = bus->connection_.fatal();
  if (!failed) failed = bus->posts_.take_refusal();  // one that came while the Bus was leaving
  bus->end(failed ? failed : std::make_exception_ptr(Closed("the Bus has ended with its nursery")));
  // If Bus::connect has failed, it has told its caller.
  if (failed && bus->handed_over_) std::rethrow_exception(failed);
}

Task<> BusCore::wait_until_connected() {
  ReadableValue<ConnectionState>& state = connection_.state();
  bool late = false;
  try {
    late = co_await move_on_after(connect_timeout_, [&]() -> Task<> {
      co_await state.wait_value(
          [](ConnectionState s) { return s == ConnectionState::connected || s == ConnectionState::ended; });
    });
  } catch (...) {  // cancelled: there will be no handle, so nobody needs the connection
    serving_.cancel("connecting was cancelled");
    throw;
  }
  handed_over_ = state.value() == ConnectionState::connected;
  if (handed_over_) co_return;
  serving_.cancel("connecting took too long");
  if (!late && ended_) std::rethrow_exception(ended_);
  const std::string& attempt = connection_.last_failure();
  throw Error(ErrorCode::unavailable, "no broker answers at " + connection_.endpoint() + " within " +
                                          duration_text(connect_timeout_) + "; is hoikud running there?" +
                                          (attempt.empty() ? "" : " The last attempt: " + attempt));
}

Task<> BusCore::leave_when_closing(Event& closing) {
  co_await closing.wait();
  connection_.stop();
  if (remote_) remote_->close(std::make_exception_ptr(Closed("the Bus is ending with its nursery")));
  if (session_.state() == Session::State::established) {
    const TimePoint end = now() + goodbye_timeout;
    co_await move_on_at(end, settle_posts());
    session_.say_goodbye();
    connection_.wake();
    co_await move_on_at(end, goodbye_done_.wait());
  }
  serving_.cancel("the nursery of the Bus has ended");
}

// No task awaits a post, so it fails as a child of the nursery does.
Task<> BusCore::report_refused_posts(Nursery& nursery) {
  for (;;) {
    co_await post_refused_.wait();
    if (nursery.closing().is_set()) co_return;
    if (const std::exception_ptr refusal = posts_.take_refusal()) nursery.start_soon(rethrow, refusal);
  }
}

void BusCore::end(std::exception_ptr why) noexcept {
  ended_ = std::move(why);
  session_.disconnected();
  auto pending = std::move(pending_);
  pending_.clear();
  for (auto& [id, waiting] : pending) {
    waiting->error_ = ended_;
    waiting->done_.set();
  }
  auto readers = std::move(readers_);
  readers_.clear();
  for (auto& [id, reader] : readers) reader->ended(ended_);
  remote_bell_.reset();
  if (remote_) {
    remote_->close(ended_);
    remote_->clear();
    remote_taken_.set(remote_->taken_through());
  }
  settled_.set(posts_.last());  // no answer will come any more
  connection_.close();
  connection_.set_ended();
  quiet_.store(true, std::memory_order_release);
}

}  // namespace hoiku::client
