#include "link/src/zmq/pump.hpp"

#include <utility>

#include "hoiku/async/asio.hpp"

namespace hoiku::link {

ZmqPump::ZmqPump(zmq::socket_t& socket, std::function<void()> on_ready)
    : descriptor_(current_io_context(), socket.get(zmq::sockopt::fd)),
      on_ready_(std::make_shared<std::function<void()>>(std::move(on_ready))) {
  arm();
}

ZmqPump::~ZmqPump() {
  // Not close(): the descriptor is ZeroMQ's.
  descriptor_.release();
}

void ZmqPump::arm() {
  // Arming asks the kernel again, so a word that came after `on_ready` is not missed.
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this, weak = std::weak_ptr(on_ready_)](const boost::system::error_code& error) {
                           const auto on_ready = weak.lock();
                           if (!on_ready || error) return;
                           (*on_ready)();
                           arm();
                         });
}

}  // namespace hoiku::link
