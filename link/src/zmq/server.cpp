// server.cpp: a broker's end of the link: one ROUTER socket, which numbers the connections that send to it.
//
// A ROUTER names a connection by a routing id and does not report its end; the monitor reports the end and names the
// connection by its descriptor. Each message knows both, so a connection's first message ties them together. The system
// reuses descriptors: pending events are read before a new id is tied to one. If a message is read so late that its
// connection has ended and another has its descriptor, its peer ends with that one, or at the first send to it.
#include <deque>
#include <unordered_map>
#include <utility>

#include "link/src/zmq/bind.hpp"
#include "link/src/zmq/link.hpp"
#include "link/src/zmq/monitor.hpp"
#include "link/src/zmq/pump.hpp"
#include "link/src/zmq/socket.hpp"

namespace hoiku::link {
namespace {

// How long the last frames of a broker that ends may take to leave.
constexpr int linger_ms = 250;
// Connections that may wait to be accepted: after a restart all clients come at once.
constexpr int backlog = 1024;

class ZmqServerLink final : public ServerLink {
 public:
  ZmqServerLink(const std::vector<std::string>& endpoints, const ServerLinkOptions& options,
                std::shared_ptr<Signal> activity)
      : activity_(std::move(activity)),
        context_(shared_zmq_context()),
        socket_(*context_, zmq::socket_type::router),
        monitor_(*context_, socket_, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED),
        socket_pump_(socket_, [this] { check_events(); }),
        monitor_pump_(monitor_.socket(), [this] { read_events(); }) {
    set_link_options(socket_, options.frame_bytes_max);
    socket_.set(zmq::sockopt::linger, linger_ms);
    socket_.set(zmq::sockopt::router_mandatory, true);
    socket_.set(zmq::sockopt::backlog, backlog);
    for (const std::string& endpoint : endpoints)
      endpoints_.push_back(bind_endpoint(socket_, endpoint, options.socket));
    check_events();
  }

  std::vector<std::string> endpoints() const override { return endpoints_; }
  Signal& activity() override { return *activity_; }

  std::optional<Input> try_receive() override {
    zmq::message_t routing_id;
    if (!receive_part(socket_, routing_id)) return next_ended();
    zmq::message_t frame;
    receive_part(socket_, frame);
    // A client sends a frame as one part. Anything else becomes an empty frame, which no codec accepts.
    const bool in_parts = drop_further_parts(socket_, frame);
    Input input;
    input.peer = peer_of(routing_id.to_string(), frame);
    input.frame = in_parts ? std::string() : frame.to_string();
    return input;
  }

  SendResult offer(std::uint64_t peer, const MakeFrame& make) override {
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return SendResult::closed;
    const SendResult result = send_to(found->second, make);
    if (result == SendResult::closed) ended_.push_back(peer);  // perhaps again: next_ended() reports it once
    check_events();
    return result;
  }

 private:
  SendResult send_to(const std::string& routing_id, const MakeFrame& make) {
    const auto part = [&](std::string_view bytes, zmq::send_flags flags) {
      return retry_interrupted(
          [&] { return socket_.send(zmq::const_buffer(bytes.data(), bytes.size()), flags).has_value(); });
    };
    try {
      if (!part(routing_id, zmq::send_flags::dontwait | zmq::send_flags::sndmore)) return SendResult::full;
    } catch (const zmq::error_t& error) {
      if (error.num() != EHOSTUNREACH) throw;
      return SendResult::closed;
    }
    // The first part has found room for the message, so ZeroMQ takes this one.
    part(make(), zmq::send_flags::dontwait);
    return SendResult::sent;
  }

  std::uint64_t peer_of(std::string routing_id, zmq::message_t& frame) {
    const auto found = numbers_.find(routing_id);
    if (found != numbers_.end()) return found->second;
    const std::uint64_t peer = ++last_peer_;
    read_events();
    // -1 if the transport has none. If the descriptor is closed already, so is the connection.
    const int descriptor = zmq_msg_get(frame.handle(), ZMQ_SRCFD);
    const auto connection = connections_.find(descriptor);
    if (connection != connections_.end())
      connection->second.push_back(peer);
    else if (descriptor >= 0)
      ended_.push_back(peer);
    numbers_.emplace(routing_id, peer);
    peers_.emplace(peer, std::move(routing_id));
    return peer;
  }

  // Reports the end of a peer, after everything that it sent.
  std::optional<Input> next_ended() {
    while (!ended_.empty()) {
      const std::uint64_t peer = ended_.front();
      ended_.pop_front();
      const auto found = peers_.find(peer);
      if (found == peers_.end()) continue;
      numbers_.erase(found->second);
      peers_.erase(found);
      return Input{peer, {}};
    }
    return {};
  }

  void check_events() {
    if (events_of(socket_) & ZMQ_POLLIN) activity_->notify();
  }

  void read_events() {
    while (const std::optional<ZmqEvent> event = monitor_.next()) {
      const int descriptor = static_cast<int>(event->value);
      if (event->kind == ZMQ_EVENT_ACCEPTED) {
        connections_[descriptor];
        continue;
      }
      const auto connection = connections_.find(descriptor);
      if (connection == connections_.end()) continue;
      ended_.insert(ended_.end(), connection->second.begin(), connection->second.end());
      connections_.erase(connection);
    }
    if (!ended_.empty()) activity_->notify();
  }

  std::shared_ptr<Signal> activity_;
  std::shared_ptr<zmq::context_t> context_;
  zmq::socket_t socket_;
  ZmqMonitor monitor_;
  std::vector<std::string> endpoints_;
  std::uint64_t last_peer_ = 0;
  std::unordered_map<std::string, std::uint64_t> numbers_;  // by routing id
  std::unordered_map<std::uint64_t, std::string> peers_;    // routing ids, by number
  // The peers that speak through each open connection, by its descriptor.
  std::unordered_map<int, std::vector<std::uint64_t>> connections_;
  std::deque<std::uint64_t> ended_;  // not reported yet
  ZmqPump socket_pump_;
  ZmqPump monitor_pump_;
};

}  // namespace

bool has_zmq_link() noexcept { return true; }

std::unique_ptr<ServerLink> make_zmq_server_link(const std::vector<std::string>& endpoints,
                                                 const ServerLinkOptions& options, std::shared_ptr<Signal> activity) {
  return std::make_unique<ZmqServerLink>(endpoints, options, std::move(activity));
}

}  // namespace hoiku::link
