// socket.hpp: what both ends of the link do with a ZeroMQ socket: the context behind it, the options, one message.
//
// Thread     a socket belongs to one thread, the loop's; ZeroMQ's own thread does the network.
// Errors     zmq::error_t only where we misuse ZeroMQ: what a peer does never comes out as an exception.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <zmq.hpp>

namespace hoiku::link {

// One per process, made with the first link and terminated with the last; terminating it waits for what lingers.
std::shared_ptr<zmq::context_t> shared_zmq_context();

// Heartbeats of the transport, the bound of its handshake, queues, sizes. To be set before connecting or binding.
void set_link_options(zmq::socket_t& socket, std::size_t message_bytes_max);

// A signal that arrives in the middle of ZeroMQ's non-blocking calls makes them fail with EINTR.
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

// ZMQ_EVENTS: POLLIN, POLLOUT. Asking makes ZeroMQ look at everything that its own thread has sent meanwhile.
int events_of(zmq::socket_t& socket);

// The next part of a message, where one is there.
bool receive_part(zmq::socket_t& socket, zmq::message_t& part);

// Drops the parts that follow `part`; true where there were any.
bool drop_further_parts(zmq::socket_t& socket, const zmq::message_t& part);

}  // namespace hoiku::link
