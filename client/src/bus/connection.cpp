// connection.cpp: how a Bus comes to its broker, stays with it, and leaves: the half of bus_core.hpp that waits.
#include <cstdio>
#include <utility>

#include "client/src/bus/backoff.hpp"
#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/codec.hpp"

namespace hoiku::client {
namespace {

using namespace std::chrono_literals;

constexpr Duration greeting_timeout = 5s;  // what accepts a connection and says nothing is no broker
constexpr Duration goodbye_timeout = 1s;
constexpr int frames_in_a_row = 64;  // before other tasks get their turn
// A connection that broke sooner than this counts as stable only a few times in a row: whatever welcomes us and drops
// us at once must not keep both sides busy.
constexpr Duration stable_after = 50ms;
constexpr int unstable_in_a_row = 3;

constexpr Limits received_limits = [] {
  Limits limits;
  limits.frame_bytes_max = received_frame_bytes_max;
  return limits;
}();

// Ends one connection; never leaves this file.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What trying again cannot repair.
bool is_final(ErrorCode code) {
  return code == ErrorCode::unsupported_version || code == ErrorCode::permission_denied ||
         code == ErrorCode::invalid_argument;
}

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

// What a person at the terminal or the reader of a container's log wants to know of a program that says nothing itself.
// The attempts in between would be a line a second.
std::function<void(const ConnectionEvent&)> tell_standard_error(std::string name) {
  return [name = std::move(name)](const ConnectionEvent& event) {
    using Kind = ConnectionEvent::Kind;
    if (event.kind == Kind::connected || event.kind == Kind::refused) return;
    std::fprintf(stderr, "%s: %s\n", name.c_str(), event.text.c_str());
  };
}

std::string in_words(Duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + " s";
  return std::to_string(ms) + " ms";
}

Task<> rethrow(std::exception_ptr error) {
  std::rethrow_exception(error);
  co_return;
}

}  // namespace

Task<> BusCore::attend(std::shared_ptr<BusCore> bus, Nursery& nursery) {
  auto body = [&](Nursery& own) -> Task<> {
    own.start_soon([&]() -> Task<> { co_await bus->leave_when_closing(nursery.closing()); });
    own.start_soon([&]() -> Task<> { co_await bus->tell_of_refused_post(nursery); });
    co_await bus->serving_.run([&]() -> Task<> { co_await bus->stay_connected(); });
    own.cancel_scope().cancel();
  };
  std::exception_ptr failed;
  try {
    co_await open_nursery(body);
  } catch (const ExceptionGroup& errors) {
    failed = first_leaf(errors);
  }
  if (!failed) failed = bus->fatal_;
  if (!failed) failed = bus->posts_.take_refusal();  // of the last moment
  bus->end(failed ? failed : std::make_exception_ptr(Closed("the Bus has ended with its nursery")));
  bus->state_.set(ConnectionState::ended);
  // Where Bus::connect has failed, it has told its caller.
  if (failed && bus->handed_over_) std::rethrow_exception(failed);
}

Task<> BusCore::wait_until_connected() {
  bool late = false;
  try {
    late = co_await move_on_after(options_.connect_timeout, [&]() -> Task<> {
      co_await state_.wait_value(
          [](ConnectionState s) { return s == ConnectionState::connected || s == ConnectionState::ended; });
    });
  } catch (...) {  // cancelled: there will be no handle, so nobody needs the connection
    serving_.cancel("connecting was cancelled");
    throw;
  }
  handed_over_ = state_.value() == ConnectionState::connected;
  if (handed_over_) co_return;
  serving_.cancel("connecting took too long");
  if (!late && ended_) std::rethrow_exception(ended_);
  throw Error(ErrorCode::unavailable, "no broker answers at " + endpoint_ + " within " +
                                          in_words(options_.connect_timeout) + "; is hoikud running there?" +
                                          (trouble_.empty() ? "" : " The last attempt: " + trouble_));
}

Task<> BusCore::leave_when_closing(Event& closing) {
  co_await closing.wait();
  leaving_ = true;
  if (session_.state() == Session::State::established) {
    const TimePoint end = now() + goodbye_timeout;
    co_await move_on_at(end, settle_posts());
    session_.say_goodbye();
    outgoing_.notify();
    co_await move_on_at(end, goodbye_done_.wait());
  }
  serving_.cancel("the nursery of the Bus has ended");
}

// Nobody awaits a post, so it fails as a child of the nursery does.
Task<> BusCore::tell_of_refused_post(Nursery& nursery) {
  for (;;) {
    co_await post_refused_.wait();
    if (nursery.closing().is_set()) co_return;
    if (const std::exception_ptr refusal = posts_.take_refusal()) nursery.start_soon(rethrow, refusal);
  }
}

Task<> BusCore::stay_connected() {
  detail::TaskState& task = co_await detail::current_task();
  Backoff backoff;
  int unstable = 0;
  while (!fatal_ && !leaving_) {
    const std::unique_ptr<link::Link> link = co_await try_to_connect();
    const TimePoint start = now();
    if (link) co_await serve(*link);
    session_.disconnected();
    const bool stood = state_.value() == ConnectionState::connected;
    if (stood) {
      lost_at_ = now();
      state_.set(ConnectionState::lost);
      unstable = lost_at_ - start < stable_after ? unstable + 1 : 0;
    }
    if (fatal_ || leaving_) break;
    report(stood ? ConnectionEvent::Kind::lost : ConnectionEvent::Kind::refused,
           (stood ? "the connection to " + endpoint_ + " is lost (" : "no connection to " + endpoint_ + " (") +
               trouble_ + "); trying again");
    // Back at once, unless the broker told us to go, or this goes on and on.
    if (stood && !refusal_ && unstable <= unstable_in_a_row) {
      backoff.reset();
    } else {
      co_await sleep(backoff.next(task.runtime().random()));
    }
  }
}

Task<std::unique_ptr<link::Link>> BusCore::try_to_connect() {
  refusal_.reset();
  std::unique_ptr<link::Link> link;
  try {
    link = co_await connector_->connect();
  } catch (const link::LinkClosed& refused) {
    trouble_ = refused.what();
  }
  co_return link;
}

// Until the link breaks or makes no sense: why, is in trouble_.
Task<> BusCore::serve(link::Link& link) {
  session_.connected(now());
  auto body = [&](Nursery& own) -> Task<> {
    own.start_soon([&]() -> Task<> {
      co_await send_frames(link);
      own.cancel_scope().cancel();
    });
    co_await receive_frames(link);
    own.cancel_scope().cancel();
  };
  co_await open_nursery(body);
}

Task<> BusCore::receive_frames(link::Link& link) {
  try {
    std::string first;
    const bool silent = co_await move_on_after(greeting_timeout, [&]() -> Task<> { first = co_await link.receive(); });
    if (silent) throw Broken("it does not answer");
    take(first);
    for (;;) {
      int in_a_row = 1;
      while (in_a_row < frames_in_a_row) {
        const std::optional<std::string> more = link.try_receive();
        if (!more) break;
        take(*more);
        ++in_a_row;
      }
      // Behind the tasks that were woken: their next requests and the acknowledgement share a frame.
      outgoing_.notify();
      if (in_a_row == frames_in_a_row) co_await checkpoint();
      const std::string next = co_await link.receive();
      take(next);
    }
  } catch (const link::LinkClosed& closed) {
    trouble_ = closed.what();
  } catch (const Broken& broken) {
    trouble_ = broken.what();
  }
}

Task<> BusCore::send_frames(link::Link& link) {
  try {
    for (;;) {
      while (const auto frame = session_.take_frame(now())) {
        std::string bytes = proto::encode(*frame);
        co_await link.send(std::move(bytes));
        ++counts_.frames_sent;
      }
      co_await move_on_at(session_.next_heartbeat(), outgoing_.wait());
    }
  } catch (const link::LinkClosed& closed) {
    trouble_ = closed.what();
  }
}

void BusCore::take(const std::string& bytes) {
  ++counts_.frames_received;
  const auto frame = proto::decode_server_frame(bytes, received_limits);
  if (!frame) throw Broken(frame.failure().message);
  Result<Received> received = session_.receive(*frame, now());
  if (!received) throw Broken(received.failure().message);
  std::optional<Failure> refusal = received->fatal;
  apply(std::move(*received));
  if (!refusal) return;
  // A client that was never welcomed is told at once; one that was, waits for the broker to come round.
  if (is_final(refusal->code) || (counts_.reconnects == 0 && state_.value() == ConnectionState::connecting &&
                                  refusal->code != ErrorCode::unavailable)) {
    fatal_ = std::make_exception_ptr(Error(*refusal));
  }
  refusal_ = refusal;
  throw Broken(refusal->message);
}

void BusCore::announce(SessionNews news) {
  using Kind = ConnectionEvent::Kind;
  state_.set(ConnectionState::connected);
  if (news == SessionNews::opened) {
    report(Kind::connected, "connected to " + endpoint_);
    return;
  }
  ++counts_.reconnects;
  const std::string away = " after " + in_words(now() - lost_at_);
  switch (news) {
    case SessionNews::resumed:
      report(Kind::resumed, "back at " + endpoint_ + away + "; nothing was lost");
      break;
    case SessionNews::restarted:
      report(Kind::restarted,
             "back at " + endpoint_ + away + "; the broker was restarted, everything is subscribed anew");
      break;
    default:
      report(Kind::renewed,
             "back at " + endpoint_ + away + "; the session had timed out, everything is subscribed anew");
  }
}

void BusCore::report(ConnectionEvent::Kind kind, std::string text) {
  if (!options_.on_event) return;
  ConnectionEvent event;
  event.kind = kind;
  event.text = std::move(text);
  options_.on_event(event);
}

}  // namespace hoiku::client

namespace hoiku::detail {
namespace {

Task<Bus> connect_core(Nursery& nursery, std::shared_ptr<link::Connector> connector, ConnectOptions options) {
  auto core = std::make_shared<client::BusCore>(std::move(connector), std::move(options));
  nursery.start_attendant(client::BusCore::attend, core, std::ref(nursery));
  co_await core->wait_until_connected();
  co_return Bus(std::move(core));
}

}  // namespace

Task<Bus> connect_bus(Nursery& nursery, std::string endpoint, ConnectOptions options) {
  std::shared_ptr<link::Connector> connector = link::make_connector(endpoint);
  if (!options.on_event) options.on_event = client::tell_standard_error(options.name);
  co_return co_await connect_core(nursery, std::move(connector), std::move(options));
}

Task<Bus> connect_bus(Nursery& nursery, std::shared_ptr<link::Connector> connector, ConnectOptions options) {
  return connect_core(nursery, std::move(connector), std::move(options));
}

}  // namespace hoiku::detail
