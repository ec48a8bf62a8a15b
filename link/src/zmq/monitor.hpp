// monitor.hpp: the events of a socket's connections, which ZeroMQ's own thread reports.
//
// Promises   Events come in order. An event that happened before a message arrived can be read when the message can.
//            None is lost: the queue is unbounded, since ZeroMQ's thread would wait for room in a bounded one.
// Thread     the loop's.
// Owner      the link, which destroys it before the socket.
#pragma once

#include <cstdint>
#include <optional>
#include <zmq.hpp>

namespace hoiku::link {

struct ZmqEvent {
  std::uint16_t kind = 0;   // ZMQ_EVENT_…
  std::uint32_t value = 0;  // a descriptor, an errno, or a code, depending on the kind
};

class ZmqMonitor {
 public:
  ZmqMonitor(zmq::context_t& context, zmq::socket_t& watched, int kinds);
  ~ZmqMonitor();
  ZmqMonitor(const ZmqMonitor&) = delete;
  ZmqMonitor& operator=(const ZmqMonitor&) = delete;

  // Returns the next event, or nothing. Never waits.
  std::optional<ZmqEvent> next();
  zmq::socket_t& socket() noexcept { return events_; }  // for a pump

 private:
  zmq::socket_t& watched_;
  zmq::socket_t events_;
};

}  // namespace hoiku::link
