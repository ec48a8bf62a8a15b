// pump.hpp: tells the loop when a ZeroMQ socket wants to be looked at.
//
// ZeroMQ's descriptor is not the socket's: it becomes readable when ZeroMQ's thread has left word for ours, for sending
// as for receiving, and every call on the socket may take that word away. So readable means "ask ZMQ_EVENTS", and not
// readable means nothing: whoever sends or receives has to ask again afterwards, on behalf of who waits for the other.
//
// Promises   `on_ready` runs in the loop after each word from ZeroMQ's thread; it must not destroy the pump. Nothing
//            runs after the destruction, which leaves the descriptor to ZeroMQ (it must come before the socket's).
// Thread     the loop's. Owner: the link.
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
  std::shared_ptr<std::function<void()>> on_ready_;  // handlers that are on their way know by it that the pump is gone
};

}  // namespace hoiku::link
