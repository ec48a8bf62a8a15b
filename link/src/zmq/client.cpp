// client.cpp: a client's end of the link: a fresh DEALER per connection, which never reconnects by itself.
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include <fmt/core.h>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/limits.hpp"
#include "link/src/receive_next.hpp"
#include "link/src/resolver.hpp"
#include "link/src/zmq/link.hpp"
#include "link/src/zmq/monitor.hpp"
#include "link/src/zmq/pump.hpp"
#include "link/src/zmq/socket.hpp"

namespace hoiku::link {
namespace {

using namespace std::chrono_literals;

// If packets are dropped, the kernel retries ever more rarely, up to minutes apart: a new attempt finds a network that
// is back.
constexpr auto connecting_limit = 2s;
// A program that accepts connections and is not a broker may say nothing, or something that looks like ZeroMQ's first
// protocol.
constexpr auto handshake_limit = 2s;

constexpr int watched_events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |
                               ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

// ZeroMQ never gets to reconnect: a broken link is closed when its end is reported. To switch reconnecting off (-1), or
// to set ZMQ_IMMEDIATE, would be plainer, but with either of them ZeroMQ 4.3.4 discards what arrived before the break,
// such as the broker's last frames.
constexpr int no_reconnect_ms = 3'600'000;

// Sets a flag for as long as an operation runs, however it ends.
class ScopedFlag {
 public:
  explicit ScopedFlag(bool& flag) : flag_(flag) { flag_ = true; }
  ~ScopedFlag() { flag_ = false; }
  ScopedFlag(const ScopedFlag&) = delete;
  ScopedFlag& operator=(const ScopedFlag&) = delete;

 private:
  bool& flag_;
};

class ZmqLink final : public Link {
 public:
  // `endpoint` is for messages, `address` for ZeroMQ.
  ZmqLink(std::shared_ptr<zmq::context_t> context, std::string endpoint, const std::string& address, bool is_v6)
      : context_(std::move(context)),
        endpoint_(std::move(endpoint)),
        socket_(*context_, zmq::socket_type::dealer),
        monitor_(std::in_place, *context_, socket_, watched_events),
        socket_pump_(std::in_place, socket_, [this] { check_events(); }),
        monitor_pump_(std::in_place, monitor_->socket(), [this] { read_events(); }) {
    set_link_options(socket_, received_frame_bytes_max);
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::reconnect_ivl, no_reconnect_ms);
    socket_.set(zmq::sockopt::ipv6, is_v6);
    socket_.connect(address);
    read_events();
  }

  // Waits until the connection is established. Throws LinkClosed if it is refused, or takes too long.
  Task<> established() {
    const bool is_silent = co_await stays(State::connecting, connecting_limit);
    if (is_silent) throw LinkClosed(fmt::format("{} cannot be reached: nothing answers there", endpoint_));
    const bool is_not_a_broker = co_await stays(State::shaking_hands, handshake_limit);
    if (is_not_a_broker)
      throw LinkClosed(fmt::format("the program that listens at {} does not answer as a broker does", endpoint_));
    if (state_ == State::refused) throw LinkClosed(reason_);
  }

  Task<std::string> receive() override {
    const ScopedFlag receiving(receiving_);
    co_return co_await receive_next(*this, readable_);
  }

  std::optional<std::string> try_receive() override {
    if (!socket_pump_) throw LinkClosed(reason_);
    zmq::message_t frame;
    if (!receive_part(socket_, frame)) {
      if (!broken()) return {};
      // Everything that arrived before the break has been returned: ZeroMQ has just looked for more.
      close();
      throw LinkClosed(reason_);
    }
    // A broker sends a frame as one part. Anything else becomes an empty frame, which no codec accepts.
    const bool in_parts = drop_further_parts(socket_, frame);
    if (sending_) check_events();
    return in_parts ? std::string() : frame.to_string();
  }

  Task<> send(std::string frame) override {
    const ScopedFlag sending(sending_);
    co_await checkpoint();
    for (;;) {
      if (broken()) throw LinkClosed(reason_);
      if (try_send(frame)) co_return;
      co_await writable_.wait();
    }
  }

 private:
  enum class State { connecting, shaking_hands, up, broken, refused };

  // Returns true if the state is still the same after that time.
  Task<bool> stays(State state, Duration limit) {
    const bool late = co_await move_on_after(limit, [this, &state]() -> Task<> {
      while (state_ == state) co_await changed_.wait();
    });
    co_return (late && state_ == state);
  }

  bool broken() const { return state_ == State::broken || state_ == State::refused; }

  bool try_send(const std::string& frame) {
    const bool sent = retry_interrupted([&] {
      return socket_.send(zmq::const_buffer(frame.data(), frame.size()), zmq::send_flags::dontwait).has_value();
    });
    if (receiving_) check_events();
    return sent;
  }

  void close() {
    monitor_pump_.reset();
    socket_pump_.reset();
    monitor_.reset();
    socket_.close();
  }

  void check_events() {
    const int events = events_of(socket_);
    if (events & ZMQ_POLLIN) readable_.notify();
    if (events & ZMQ_POLLOUT) writable_.notify();
  }

  void read_events() {
    while (const std::optional<ZmqEvent> event = monitor_->next()) {
      switch (event->kind) {
        case ZMQ_EVENT_CONNECTED:
          if (state_ == State::connecting) change(State::shaking_hands);
          break;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
          if (!broken()) change(State::up);
          break;
        case ZMQ_EVENT_CLOSED:
          if (state_ == State::connecting)
            refuse(fmt::format("no broker listens at {}: the connection was refused", endpoint_));
          break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
          refuse_handshake();
          break;
        case ZMQ_EVENT_DISCONNECTED:
          if (state_ == State::up) {
            reason_ = "closed by the peer";
            change(State::broken);
          } else {
            refuse_handshake();
          }
          break;
        default:
          break;
      }
    }
  }

  void refuse_handshake() {
    refuse(fmt::format("the program that listens at {} is not a broker, or is shutting down: it ended the handshake",
                       endpoint_));
  }
  void refuse(std::string reason) {
    if (broken()) return;
    reason_ = std::move(reason);
    change(State::refused);
  }

  void change(State state) {
    state_ = state;
    changed_.notify();
    readable_.notify();
    writable_.notify();
  }

  std::shared_ptr<zmq::context_t> context_;
  std::string endpoint_;
  zmq::socket_t socket_;
  std::optional<ZmqMonitor> monitor_;
  State state_ = State::connecting;
  std::string reason_;
  Signal changed_;
  Signal readable_;
  Signal writable_;
  bool receiving_ = false;
  bool sending_ = false;
  std::optional<ZmqPump> socket_pump_;
  std::optional<ZmqPump> monitor_pump_;
};

class ZmqConnector final : public Connector {
 public:
  ZmqConnector(std::string text, Endpoint endpoint)
      : context_(shared_zmq_context()), text_(std::move(text)), endpoint_(std::move(endpoint)) {}

  std::string endpoint() const override { return text_; }

  Task<std::unique_ptr<Link>> connect() override {
    if (endpoint_.kind == Endpoint::Kind::ipc) {
      auto link = open(text_, false);
      co_await link->established();
      co_return std::move(link);
    }
    std::string reason;
    std::vector<boost::asio::ip::address> addresses = co_await resolve(endpoint_.host, text_);
    // One after the other: IPv4 first, since brokers listen there by default.
    std::stable_partition(addresses.begin(), addresses.end(), [](const auto& address) { return address.is_v4(); });
    for (const auto& address : addresses) {
      const std::string host = address.is_v6() ? fmt::format("[{}]", address.to_string()) : address.to_string();
      auto link = open(fmt::format("tcp://{}:{}", host, endpoint_.port), address.is_v6());
      try {
        co_await link->established();
        co_return std::move(link);
      } catch (const LinkClosed& error) {
        if (reason.empty()) reason = error.what();  // that of the first address, which is the likeliest
      }
    }
    throw LinkClosed(reason);
  }

 private:
  // Makes a socket. Want of descriptors or memory may pass, as a broker's absence does.
  std::unique_ptr<ZmqLink> open(const std::string& address, bool is_v6) {
    try {
      return std::make_unique<ZmqLink>(context_, text_, address, is_v6);
    } catch (const zmq::error_t& error) {
      throw LinkClosed(fmt::format("{} cannot be reached: {}", text_, error.what()));
    } catch (const boost::system::system_error& error) {
      throw LinkClosed(fmt::format("{} cannot be reached: {}", text_, error.code().message()));
    }
  }

  std::shared_ptr<zmq::context_t> context_;
  std::string text_;
  Endpoint endpoint_;
};

}  // namespace

std::unique_ptr<Connector> make_zmq_connector(std::string text, Endpoint endpoint) {
  return std::make_unique<ZmqConnector>(std::move(text), std::move(endpoint));
}

}  // namespace hoiku::link
