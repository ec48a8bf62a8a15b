#include "link/src/zmq/socket.hpp"

#include <cerrno>
#include <mutex>

#include "link/src/link_queue.hpp"

namespace hoiku::link {
namespace {

// A host that has lost its power says nothing. Its connection is dropped after this long without a sign of life, so
// that the client can reconnect and the broker's pipe is freed.
constexpr int heartbeat_interval_ms = 1000;
constexpr int heartbeat_timeout_ms = 5000;
// A peer that connects and says nothing keeps a descriptor no longer than this. It is longer than a client waits by
// itself, since the client's own message says more.
constexpr int handshake_interval_ms = 4000;

}  // namespace

std::shared_ptr<zmq::context_t> shared_zmq_context() {
  static std::mutex mutex;
  static std::weak_ptr<zmq::context_t> shared;
  const std::lock_guard lock(mutex);
  std::shared_ptr<zmq::context_t> context = shared.lock();
  if (!context) {
    context = std::make_shared<zmq::context_t>(1);
    shared = context;
  }
  return context;
}

void set_link_options(zmq::socket_t& socket, std::size_t message_bytes_max) {
  socket.set(zmq::sockopt::sndhwm, static_cast<int>(link_queue_frames));
  socket.set(zmq::sockopt::rcvhwm, static_cast<int>(link_queue_frames));
  // Limits each part of a message, not the number of parts: nothing bounds a message that never ends
  // (SECURITY.md, "Known weaknesses").
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(message_bytes_max));
  socket.set(zmq::sockopt::heartbeat_ivl, heartbeat_interval_ms);
  socket.set(zmq::sockopt::heartbeat_timeout, heartbeat_timeout_ms);
  socket.set(zmq::sockopt::handshake_ivl, handshake_interval_ms);
}

int events_of(zmq::socket_t& socket) {
  return retry_interrupted([&] { return socket.get(zmq::sockopt::events); });
}

bool receive_part(zmq::socket_t& socket, zmq::message_t& part) {
  return retry_interrupted([&] { return socket.recv(part, zmq::recv_flags::dontwait).has_value(); });
}

bool drop_further_parts(zmq::socket_t& socket, const zmq::message_t& part) {
  bool dropped = false;
  zmq::message_t further;
  // ZeroMQ delivers messages whole: when the first part has arrived, all of them have.
  for (bool more = part.more(); more && receive_part(socket, further); more = further.more()) dropped = true;
  return dropped;
}

}  // namespace hoiku::link
