// monitor.hpp: what happens to a socket's connections, told by ZeroMQ's own thread.
//
// Promises   events come in their order, and one that happened before a message arrived is there when the message is.
//            Nothing is dropped: the queue is unbounded, since ZeroMQ's thread would wait for room in a bounded one.
// Thread     the loop's. Owner: the link; to be destroyed before the socket.
#pragma once

#include <cstdint>
#include <optional>
#include <zmq.hpp>

namespace hoiku::link {

struct ZmqEvent {
  std::uint16_t kind = 0;   // ZMQ_EVENT_…
  std::uint32_t value = 0;  // a descriptor, an errno, or a code; it depends
};

class ZmqMonitor {
 public:
  ZmqMonitor(zmq::context_t& context, zmq::socket_t& watched, int kinds);
  ~ZmqMonitor();
  ZmqMonitor(const ZmqMonitor&) = delete;
  ZmqMonitor& operator=(const ZmqMonitor&) = delete;

  std::optional<ZmqEvent> next();
  zmq::socket_t& socket() noexcept { return events_; }  // for a pump

 private:
  zmq::socket_t& watched_;
  zmq::socket_t events_;
};

}  // namespace hoiku::link
