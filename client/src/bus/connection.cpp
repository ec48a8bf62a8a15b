#include "client/src/bus/connection.hpp"

#include <stdexcept>
#include <utility>

#include "client/src/bus/backoff.hpp"
#include "hoiku/async/detail/runtime.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::client {
namespace {

using namespace std::chrono_literals;

constexpr Duration greeting_timeout = 5s;  // a peer that accepts a connection and stays silent is not a broker
constexpr int frames_in_a_row = 64;        // before other tasks get their turn
// A connection that broke sooner than this counts as stable only a few times in a row: a peer that welcomes us and
// drops us at once must not keep both sides busy.
constexpr Duration stable_after = 50ms;
constexpr int unstable_in_a_row = 3;

constexpr Limits received_limits = [] {
  Limits limits;
  limits.frame_bytes_max = received_frame_bytes_max;
  return limits;
}();

// Ends one connection; never leaves this file.
class ConnectionFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Trying again cannot repair these.
bool is_final(ErrorCode code) {
  return code == ErrorCode::unsupported_version || code == ErrorCode::permission_denied ||
         code == ErrorCode::invalid_argument;
}

}  // namespace

Connection::Connection(std::shared_ptr<link::Connector> connector, std::function<void(const ConnectionEvent&)> on_event,
                       Session& session, std::function<void(Received)> apply)
    : connector_(std::move(connector)),
      on_event_(std::move(on_event)),
      endpoint_(connector_->endpoint()),
      session_(session),
      apply_(std::move(apply)) {}

Task<> Connection::stay_connected() {
  detail::TaskState& task = co_await detail::current_task();
  Backoff backoff(now());
  int unstable = 0;
  while (!fatal_ && !stopping_) {
    const std::unique_ptr<link::Link> link = co_await try_to_connect();
    const TimePoint start = now();
    if (link) co_await serve(*link);
    session_.disconnected();
    const bool was_connected = state_.value() == ConnectionState::connected;
    if (was_connected) {
      lost_at_ = now();
      state_.set(ConnectionState::lost);
      unstable = lost_at_ - start < stable_after ? unstable + 1 : 0;
    }
    if (fatal_ || stopping_) break;
    report(was_connected ? ConnectionEvent::Kind::lost : ConnectionEvent::Kind::refused,
           (was_connected ? "the connection to " + endpoint_ + " is lost (" : "no connection to " + endpoint_ + " (") +
               last_failure_ + "); trying again");
    // Reconnects at once, unless the broker rejected us or connections keep breaking.
    const bool is_refused = rejection_ || unstable > unstable_in_a_row;
    if (was_connected && !is_refused) {
      backoff.reset(now());
    } else {
      co_await sleep(backoff.next(now(), is_refused, task.runtime().random()));
    }
  }
}

Task<std::unique_ptr<link::Link>> Connection::try_to_connect() {
  rejection_.reset();
  std::unique_ptr<link::Link> link;
  try {
    link = co_await connector_->connect();
  } catch (const link::LinkClosed& refused) {
    last_failure_ = refused.what();
  }
  co_return link;
}

// Ends when the link breaks or carries an invalid frame; last_failure_ says why.
Task<> Connection::serve(link::Link& link) {
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

Task<> Connection::receive_frames(link::Link& link) {
  try {
    std::string first;
    const bool silent = co_await move_on_after(greeting_timeout, [&]() -> Task<> { first = co_await link.receive(); });
    if (silent) throw ConnectionFailed("the peer does not answer");
    take(first);
    for (;;) {
      int in_a_row = 1;
      while (in_a_row < frames_in_a_row) {
        const std::optional<std::string> more = link.try_receive();
        if (!more) break;
        take(*more);
        ++in_a_row;
      }
      // The tasks that were woken run first: their next requests and the acknowledgement share a frame.
      outgoing_.notify();
      if (in_a_row == frames_in_a_row) co_await checkpoint();
      const std::string next = co_await link.receive();
      take(next);
    }
  } catch (const link::LinkClosed& closed) {
    last_failure_ = closed.what();
  } catch (const ConnectionFailed& failed) {
    last_failure_ = failed.what();
  }
}

Task<> Connection::send_frames(link::Link& link) {
  try {
    for (;;) {
      while (const auto frame = session_.take_frame(now())) {
        std::string bytes = proto::encode(*frame);
        co_await link.send(std::move(bytes));
        ++statistics_.frames_sent;
      }
      co_await move_on_at(session_.next_frame_due(), outgoing_.wait());
    }
  } catch (const link::LinkClosed& closed) {
    last_failure_ = closed.what();
  }
}

void Connection::take(const std::string& bytes) {
  ++statistics_.frames_received;
  auto frame = proto::decode_server_frame(bytes, received_limits);
  if (!frame) throw ConnectionFailed(frame.failure().message);
  Result<Received> received = session_.receive(std::move(*frame), bytes.size(), now());
  if (!received) throw ConnectionFailed(received.failure().message);
  std::optional<Failure> rejection = received->fatal;
  if (rejection) rejection->message = text::one_line(rejection->message);
  if (received->session) announce(*received->session);
  apply_(std::move(*received));
  if (!rejection) return;
  give_up_if_final(*rejection);
  rejection_ = rejection;
  throw ConnectionFailed(rejection->message);
}

// Reports a refusal at once to a client that was never welcomed; any other waits until the broker accepts it again.
void Connection::give_up_if_final(const Failure& rejection) {
  const bool is_first = statistics_.reconnects == 0 && state_.value() == ConnectionState::connecting;
  if (is_final(rejection.code) || (is_first && rejection.code != ErrorCode::unavailable)) {
    fatal_ = std::make_exception_ptr(Error(rejection));
  }
}

void Connection::announce(SessionNews news) {
  using Kind = ConnectionEvent::Kind;
  state_.set(ConnectionState::connected);
  if (news == SessionNews::opened) {
    report(Kind::connected, "connected to " + endpoint_);
    return;
  }
  ++statistics_.reconnects;
  const std::string reconnected = "reconnected to " + endpoint_ + " after " + elapsed_text(now() - lost_at_);
  switch (news) {
    case SessionNews::resumed:
      report(Kind::resumed, reconnected + "; nothing was lost");
      break;
    case SessionNews::restarted:
      report(Kind::restarted, reconnected + "; the broker was restarted, subscriptions restored");
      break;
    default:
      report(Kind::renewed, reconnected + "; the session had expired, subscriptions restored");
  }
}

void Connection::report(ConnectionEvent::Kind kind, std::string text) {
  if (!on_event_) return;
  ConnectionEvent event;
  event.kind = kind;
  event.text = std::move(text);
  on_event_(event);
}

}  // namespace hoiku::client
