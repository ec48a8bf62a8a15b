#include "link/src/zmq/monitor.hpp"

#include <atomic>
#include <cstring>
#include <string>

#include "link/src/zmq/socket.hpp"

namespace hoiku::link {
namespace {

std::string unique_address() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://hoiku-monitor-" + std::to_string(++count);
}

}  // namespace

ZmqMonitor::ZmqMonitor(zmq::context_t& context, zmq::socket_t& watched, int kinds)
    : watched_(watched), events_(context, zmq::socket_type::pair) {
  const std::string address = unique_address();
  if (zmq_socket_monitor(watched.handle(), address.c_str(), kinds) != 0) throw zmq::error_t();
  events_.set(zmq::sockopt::linger, 0);
  events_.set(zmq::sockopt::rcvhwm, 0);
  events_.connect(address);
}

ZmqMonitor::~ZmqMonitor() { zmq_socket_monitor(watched_.handle(), nullptr, 0); }

std::optional<ZmqEvent> ZmqMonitor::next() {
  // First part: 16 bits of kind, 32 bits of value, in the machine's order, without padding. Second part: an address.
  zmq::message_t part;
  if (!receive_part(events_, part)) return {};
  ZmqEvent event;
  if (part.size() >= sizeof event.kind + sizeof event.value) {
    const char* bytes = part.data<char>();
    std::memcpy(&event.kind, bytes, sizeof event.kind);
    std::memcpy(&event.value, bytes + sizeof event.kind, sizeof event.value);
  }
  drop_further_parts(events_, part);
  return event;
}

}  // namespace hoiku::link
