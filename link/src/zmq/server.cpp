// server.cpp: a broker's end of the link: one ROUTER, which numbers the connections that speak to it.
//
// A ROUTER names a connection by a routing id and does not tell when it ends, while the monitor tells that and names it
// by its descriptor. Each message knows both, so the first message of a connection ties them together. The system uses
// descriptors again: the events that came before are read before a new name is tied to one. What was read so late that
// its connection has gone and another one has its descriptor is told to be gone with that, or by the first send to it.
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

// How long the last frames of a broker that ends may take to leave; a client that does not read them costs no more.
constexpr int linger_ms = 250;
// Connections that may wait to be accepted: after a restart everybody comes at once.
constexpr int backlog = 1024;

class ZmqServerLink final : public ServerLink {
 public:
  ZmqServerLink(const std::vector<std::string>& endpoints, std::size_t frame_bytes_max,
                std::shared_ptr<Signal> activity)
      : activity_(std::move(activity)),
        context_(shared_zmq_context()),
        socket_(*context_, zmq::socket_type::router),
        monitor_(*context_, socket_, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED),
        socket_pump_(socket_, [this] { look(); }),
        monitor_pump_(monitor_.socket(), [this] { read_events(); }) {
    set_link_options(socket_, frame_bytes_max);
    socket_.set(zmq::sockopt::linger, linger_ms);
    socket_.set(zmq::sockopt::router_mandatory, true);
    socket_.set(zmq::sockopt::backlog, backlog);
    for (const std::string& endpoint : endpoints) endpoints_.push_back(bind_endpoint(socket_, endpoint));
    look();
  }

  std::vector<std::string> endpoints() const override { return endpoints_; }
  Signal& activity() override { return *activity_; }

  std::optional<Input> try_receive() override {
    zmq::message_t routing_id;
    if (!receive_part(socket_, routing_id)) return next_gone();
    zmq::message_t frame;
    receive_part(socket_, frame);
    // A client sends whole frames. Of anything else comes an empty one, which no codec accepts.
    const bool in_parts = drop_further_parts(socket_, frame);
    Input input;
    input.peer = number_of(routing_id.to_string(), frame);
    input.frame = in_parts ? std::string() : frame.to_string();
    return input;
  }

  SendResult offer(std::uint64_t peer, const MakeFrame& make) override {
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return SendResult::gone;
    const SendResult result = send_to(found->second, make);
    if (result == SendResult::gone) gone_.push_back(peer);  // a second time perhaps; it is told once
    look();
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
      return SendResult::gone;
    }
    // The first part has found room for the message, so this one is taken.
    part(make(), zmq::send_flags::dontwait);
    return SendResult::sent;
  }

  std::uint64_t number_of(std::string routing_id, zmq::message_t& frame) {
    const auto found = numbers_.find(routing_id);
    if (found != numbers_.end()) return found->second;
    const std::uint64_t peer = ++last_peer_;
    read_events();
    // -1 where the transport has none to tell. Where the descriptor is closed already, so is the connection.
    const int descriptor = zmq_msg_get(frame.handle(), ZMQ_SRCFD);
    const auto connection = connections_.find(descriptor);
    if (connection != connections_.end())
      connection->second.push_back(peer);
    else if (descriptor >= 0)
      gone_.push_back(peer);
    numbers_.emplace(routing_id, peer);
    peers_.emplace(peer, std::move(routing_id));
    return peer;
  }

  // That a peer is gone is told after everything that it sent.
  std::optional<Input> next_gone() {
    while (!gone_.empty()) {
      const std::uint64_t peer = gone_.front();
      gone_.pop_front();
      const auto found = peers_.find(peer);
      if (found == peers_.end()) continue;
      numbers_.erase(found->second);
      peers_.erase(found);
      return Input{peer, {}};
    }
    return {};
  }

  void look() {
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
      gone_.insert(gone_.end(), connection->second.begin(), connection->second.end());
      connections_.erase(connection);
    }
    if (!gone_.empty()) activity_->notify();
  }

  std::shared_ptr<Signal> activity_;
  std::shared_ptr<zmq::context_t> context_;
  zmq::socket_t socket_;
  ZmqMonitor monitor_;
  std::vector<std::string> endpoints_;
  std::uint64_t last_peer_ = 0;
  std::unordered_map<std::string, std::uint64_t> numbers_;  // by routing id
  std::unordered_map<std::uint64_t, std::string> peers_;    // the same the other way round
  std::unordered_map<int, std::vector<std::uint64_t>>
      connections_;                 // open ones, by descriptor: who speaks through them
  std::deque<std::uint64_t> gone_;  // not told yet
  ZmqPump socket_pump_;
  ZmqPump monitor_pump_;
};

}  // namespace

std::unique_ptr<ServerLink> make_zmq_server_link(const std::vector<std::string>& endpoints, std::size_t frame_bytes_max,
                                                 std::shared_ptr<Signal> activity) {
  return std::make_unique<ZmqServerLink>(endpoints, frame_bytes_max, std::move(activity));
}

}  // namespace hoiku::link
