// link.hpp: what carries frames between a client and a broker. One implementation on ZeroMQ (src/zmq/, the only files
// with zmq.hpp), one inside of a process (src/inproc/), one simulated (testing/); one suite of tests holds all of them
// to what is promised here.
//
// Promises   frames arrive whole, in order, at most once; what was lost with the connection is lost without a trace, so
//            the session above numbers its frames. A break is told to both ends, by LinkClosed here and by an event
//            there. Every operation is cancellable, and a cancelled receive has taken nothing. A client's receive() and
//            send() let other tasks run each time.
// Thread     the loop's. Owner: whoever connected or bound it; destroying it closes it at once: a client's unsent
//            frames are lost (LINGER 0), a broker's last ones have a moment to leave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/async/event.hpp"
#include "hoiku/async/task.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::link {

enum class SendResult : std::uint8_t { sent, full, gone };

// Thrown by receive() and send() when the connection is gone. code(): unavailable.
class LinkClosed : public Error {
 public:
  explicit LinkClosed(const std::string& message) : Error(ErrorCode::unavailable, message) {}
};

// A client's connection: from connect() until it breaks. A new one is made for each reconnect. What the broker had sent
// before the break is received first, then LinkClosed is thrown.
class Link {
 public:
  virtual ~Link() = default;
  virtual Task<std::string> receive() = 0;               // the next frame; one task at a time
  virtual std::optional<std::string> try_receive() = 0;  // what is there already; throws LinkClosed
  virtual Task<> send(std::string frame) = 0;            // when the link has taken it; one task at a time
};

class Connector {
 public:
  virtual ~Connector() = default;
  // Waits until the connection stands (the transport's handshake is done). Throws LinkClosed where it was refused, at
  // once where that can be known. An address where nothing answers is given up after 2 s.
  virtual Task<std::unique_ptr<Link>> connect() = 0;
  virtual std::string endpoint() const = 0;  // for messages
};

// A broker's end of all its connections. Peers are numbered by the link and never reused; a connection is a peer from
// its first frame on. The loop of whoever serves it: try_receive() until there is nothing, send, wait on activity().
class ServerLink {
 public:
  struct Input {
    std::uint64_t peer = 0;
    std::optional<std::string> frame;  // nothing: the peer's connection is gone; its frames came before
  };
  virtual ~ServerLink() = default;
  virtual std::optional<Input> try_receive() = 0;  // never waits
  // Notified when try_receive() may give something new. A conflating edge: receive until there is nothing, then wait.
  // One task waits; it may notify it too, so that it has one thing to wait on.
  virtual Signal& activity() = 0;
  // Never waits. full: nothing was taken, try again a little later. gone: there is no such connection (any more).
  // `make` is called once where there is room, and not otherwise, since encoding a large frame is most of the work. It
  // must not use the link.
  using MakeFrame = std::function<std::string()>;
  virtual SendResult offer(std::uint64_t peer, const MakeFrame& make) = 0;
  // The same for a frame that is made already.
  SendResult try_send(std::uint64_t peer, std::string_view frame) {
    return offer(peer, [&] { return std::string(frame); });
  }
  // Where it listens, with the ports that the system chose. Empty where addresses mean nothing.
  virtual std::vector<std::string> endpoints() const { return {}; }

  // The next input, for one that waits for nothing else.
  Task<Input> receive() {
    for (;;) {
      std::optional<Input> input = try_receive();
      if (input) co_return std::move(*input);
      co_await activity().wait();
    }
  }
};

// The real ones, for what endpoint.hpp knows: ZeroMQ over tcp://HOST:PORT and ipc://PATH, and queues of our own for
// inproc://NAME, whose ends may be on loops of different threads. Made and destroyed inside of a run. Both throw
// Error(invalid_argument) for an endpoint that makes no sense; the server Error(unavailable), with the endpoint and the
// reason, where it can't be had. A peer that sends a frame over `frame_bytes_max` is cut off without an answer.
std::unique_ptr<Connector> make_connector(const std::string& endpoint);
// At one endpoint or several, of any kinds.
std::unique_ptr<ServerLink> make_server_link(const std::vector<std::string>& endpoints,
                                             std::size_t frame_bytes_max = Limits{}.frame_bytes_max);

}  // namespace hoiku::link
