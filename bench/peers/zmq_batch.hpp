// zmq_batch.hpp: several values in one message of ZeroMQ, as zmq_broker and its clients send them. Numbers are in the
// machine's own order, since both ends are on one machine.
#pragma once

#include <zmq.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hoiku::bench {

inline constexpr std::size_t batch_bytes = std::size_t{32} << 10;
inline constexpr const char* welcome = "welcome";  // what a new reader is sent first

struct BatchItem {
  std::uint32_t topic_bytes = 0;
  std::uint32_t value_bytes = 0;
};

inline void append_item(std::string& batch, std::string_view topic, std::string_view value) {
  const BatchItem item{static_cast<std::uint32_t>(topic.size()), static_cast<std::uint32_t>(value.size())};
  batch.append(reinterpret_cast<const char*>(&item), sizeof item).append(topic).append(value);
}

template <class Take>
void take_items(std::string_view batch, const Take& take) {
  while (batch.size() >= sizeof(BatchItem)) {
    BatchItem item;
    std::memcpy(&item, batch.data(), sizeof item);
    batch.remove_prefix(sizeof item);
    take(batch.substr(0, item.topic_bytes), batch.substr(item.topic_bytes, item.value_bytes));
    batch.remove_prefix(item.topic_bytes + item.value_bytes);
  }
}

// A socket and a message, which end with their blocks.
class ZmqSocket {
 public:
  ZmqSocket(void* context, int type) : socket_(::zmq_socket(context, type)) { check(socket_ != nullptr); }
  ~ZmqSocket() { ::zmq_close(socket_); }
  ZmqSocket(const ZmqSocket&) = delete;
  ZmqSocket& operator=(const ZmqSocket&) = delete;

  static void check(bool good) {
    if (!good) throw std::runtime_error(std::string("ZeroMQ: ") + ::zmq_strerror(::zmq_errno()));
  }
  void set(int option, int value) { check(::zmq_setsockopt(socket_, option, &value, sizeof value) == 0); }
  void set(int option, std::string_view value) {
    check(::zmq_setsockopt(socket_, option, value.data(), value.size()) == 0);
  }
  void* get() { return socket_; }
  void send(std::string_view bytes) { check(::zmq_send(socket_, bytes.data(), bytes.size(), 0) >= 0); }

 private:
  void* socket_;
};

class ZmqMessage {
 public:
  ZmqMessage() { ::zmq_msg_init(&message_); }
  ~ZmqMessage() { ::zmq_msg_close(&message_); }
  ZmqMessage(const ZmqMessage&) = delete;
  ZmqMessage& operator=(const ZmqMessage&) = delete;

  // False: with ZMQ_DONTWAIT there is none.
  bool receive(ZmqSocket& socket, int flags = 0) {
    if (::zmq_msg_recv(&message_, socket.get(), flags) >= 0) return true;
    ZmqSocket::check(::zmq_errno() == EAGAIN || ::zmq_errno() == EINTR);
    return false;
  }
  std::string_view bytes() { return {static_cast<const char*>(::zmq_msg_data(&message_)), ::zmq_msg_size(&message_)}; }

 private:
  zmq_msg_t message_;
};

}  // namespace hoiku::bench
