// socket.hpp: the use of a ZeroMQ socket that both ends of the link share: its context, its options, one message.
//
// Thread     A socket belongs to one thread, the loop's; ZeroMQ's own thread does the network.
// Errors     zmq::error_t only if we misuse ZeroMQ: no peer can cause an exception.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <zmq.hpp>

namespace hoiku::link {

// Returns the context of the process, made with the first link and terminated with the last. Its end waits for frames
// that linger.
std::shared_ptr<zmq::context_t> shared_zmq_context();

// Sets the transport's heartbeats, the time limit of its handshake, queues and sizes. Called before connecting or
// binding.
void set_link_options(zmq::socket_t& socket, std::size_t message_bytes_max);

// Repeats a call that a signal has interrupted: ZeroMQ's non-blocking calls fail with EINTR then.
template <class F>
auto retry_interrupted(F call) {
  for (;;) {
    try {
      return call();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

// Returns ZMQ_EVENTS: POLLIN, POLLOUT. The call makes ZeroMQ process everything that its own thread has sent meanwhile.
int events_of(zmq::socket_t& socket);

// Receives the next part of a message; returns false if none has arrived.
bool receive_part(zmq::socket_t& socket, zmq::message_t& part);

// Drops the parts that follow `part`; returns true if there were any.
bool drop_further_parts(zmq::socket_t& socket, const zmq::message_t& part);

}  // namespace hoiku::link
