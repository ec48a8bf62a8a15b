// pump.hpp: calls a function when a ZeroMQ socket may have become readable or writable.
//
// ZeroMQ's descriptor is not the socket's: it becomes readable when ZeroMQ's thread has left word for ours, about
// sending as well as receiving, and every call on the socket may take that word away. So readable means "ask
// ZMQ_EVENTS", and not readable means nothing: after each send or receive the caller asks again, on behalf of the task
// that waits for the other.
//
// Promises   `on_ready` runs on the loop after each word from ZeroMQ's thread; it must not destroy the pump. It never
//            runs after the destruction, which leaves the descriptor to ZeroMQ.
// Thread     the loop's.
// Owner      the link, which destroys it before the socket.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <zmq.hpp>

namespace hoiku::link {

class ZmqPump {
 public:
  ZmqPump(zmq::socket_t& socket, std::function<void()> on_ready);
  ~ZmqPump();
  ZmqPump(const ZmqPump&) = delete;
  ZmqPump& operator=(const ZmqPump&) = delete;

 private:
  void arm();

  boost::asio::posix::stream_descriptor descriptor_;
  std::shared_ptr<std::function<void()>> on_ready_;  // pending handlers see by it that the pump was destroyed
};

}  // namespace hoiku::link
