// link.hpp: carries frames between a client and a broker. There are four implementations: our own of ZeroMQ's protocol
// (src/zmtp/), on ZeroMQ's library (src/zmq/, the only files with zmq.hpp), inside a process (src/inproc/), and
// simulated (testing/). One suite of tests holds all of them to these promises.
//
// Promises   Frames arrive whole, in order, at most once. A connection that breaks loses frames without a trace, so the
//            session above numbers its frames. Both ends hear of a break: a client by LinkClosed, a broker by an Input.
//            Every operation can be cancelled, and a cancelled receive has taken nothing. A client's receive() and
//            send() are checkpoints.
// Thread     the loop's.
// Owner      whoever connected or listens. Destroying a link closes it at once: a client's unsent frames are lost, a
//            broker's last ones have 250 ms to leave.
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
#include "hoiku/link/link_kind.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace link {

enum class SendResult : std::uint8_t { sent, full, closed };

// Thrown by receive() and send() after the connection has ended. code(): unavailable.
class LinkClosed : public Error {
 public:
  explicit LinkClosed(const std::string& message) : Error(ErrorCode::unavailable, message) {}
};

// A client's connection, from connect() until it ends; each reconnect makes a new one.
class Link {
 public:
  virtual ~Link() = default;
  // Waits for the next frame. Throws LinkClosed if the connection has ended, after the frames that arrived before. One
  // task at a time.
  virtual Task<std::string> receive() = 0;
  // Returns a frame that has arrived already, or nothing. Throws LinkClosed as receive() does.
  virtual std::optional<std::string> try_receive() = 0;
  // Waits until the link has taken the frame. Throws LinkClosed. One task at a time.
  virtual Task<> send(std::string frame) = 0;
};

class Connector {
 public:
  virtual ~Connector() = default;
  // Waits until the connection is established (the transport's handshake is done). Throws LinkClosed if it is refused;
  // if nothing answers, after 2 s.
  virtual Task<std::unique_ptr<Link>> connect() = 0;
  // Returns the endpoint, for messages.
  virtual std::string endpoint() const = 0;
};

// A broker's end of all its connections. The link numbers its peers and never reuses a number; a connection becomes a
// peer with its first frame. To serve it: try_receive() until it returns nothing, send, wait for activity().
class ServerLink {
 public:
  struct Input {
    std::uint64_t peer = 0;
    std::optional<std::string> frame;  // empty: the peer's connection has ended; its frames came before
  };
  virtual ~ServerLink() = default;
  // Returns the next input, or nothing. Never waits.
  virtual std::optional<Input> try_receive() = 0;
  // Notified when try_receive() may return something again. It conflates: receive until there is nothing, then wait.
  // One task waits for it; that task may notify it too, so that it has one thing to wait for.
  virtual Signal& activity() = 0;
  // Takes a frame, which leaves with the next flush() at the latest. Never waits. full: the link took nothing, try
  // again a little later. closed: there is no such connection. Calls `make` once if there is room, and not otherwise,
  // since most of the work is to encode a large frame. `make` must not use the link.
  using MakeFrame = std::function<std::string()>;
  virtual SendResult offer(std::uint64_t peer, const MakeFrame& make) = 0;
  // Sends what offer() has taken for this peer, ignores what the peer sends, and ends its connection. A link that
  // cannot do this leaves it to the peer.
  virtual void drop(std::uint64_t /*peer*/) {}
  // Sends what offer() has taken: the frames for a peer in one piece, if its connection takes them.
  virtual void flush() {}
  // Sends a frame that is encoded already.
  SendResult try_send(std::uint64_t peer, std::string_view frame) {
    const SendResult result = offer(peer, [&] { return std::string(frame); });
    flush();
    return result;
  }
  // Something that the operator of a broker may want to know.
  struct Note {
    enum class Kind : std::uint8_t {
      stranger_refused,    // a connection that sent no frame was closed, by the link
      connection_cut,      // the same, of a peer
      out_of_descriptors,  // new connections are closed until the process has descriptors again
    };
    Kind kind{};
    std::string address;                     // of the connection
    std::string reason;                      // part of a sentence; its subject is the connection
    std::optional<std::uint64_t> peer = {};  // whose connection it was, if it was a peer's
  };
  // Returns what was noted since the last call. Under a flood some notes are lost.
  virtual std::vector<Note> take_notes() { return {}; }
  // Returns where a peer is, as far as the system knows: 192.168.1.7:40312, or "pid 4711, uid 1000" behind a Unix
  // socket. Empty if the peer's connection has ended, or if the link does not know.
  virtual std::string address_of(std::uint64_t /*peer*/) const { return {}; }
  // Returns the endpoints at which it listens, with the ports that the system chose. Empty for a simulated link.
  virtual std::vector<std::string> endpoints() const { return {}; }

  // Waits for the next input, for a task that waits for nothing else.
  Task<Input> receive() {
    for (;;) {
      std::optional<Input> input = try_receive();
      if (input) co_return std::move(*input);
      co_await activity().wait();
    }
  }
};

// Makes a connector for an endpoint (endpoint.hpp): of that kind for tcp and ipc; our own queues for inproc, whose ends
// may be on loops of different threads. Used inside a run. Throws Error(invalid_argument) if the endpoint is malformed.
std::unique_ptr<Connector> make_connector(const std::string& endpoint, LinkKind kind = default_link_kind);

// Access to the files of a broker's Unix sockets: a user who may write to one may connect.
struct SocketAccess {
  std::optional<std::uint32_t> mode;  // as of chmod; without it, the process's umask decides
  std::string group;                  // a name or a number; empty: the process's own
};
struct ServerLinkOptions {
  std::size_t frame_bytes_max = Limits{}.frame_bytes_max;  // a peer that sends a larger frame is dropped, unanswered
  LinkKind kind = default_link_kind;
  SocketAccess socket{};
};
// Listens at one endpoint or several, of any transport. Used inside a run. Throws Error(invalid_argument) if an
// endpoint is malformed, and Error(unavailable), with the endpoint and the reason, if it cannot listen there.
std::unique_ptr<ServerLink> make_server_link(const std::vector<std::string>& endpoints,
                                             const ServerLinkOptions& options = {});

}  // namespace link
}  // namespace hoiku
