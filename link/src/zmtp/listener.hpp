// listener.hpp: listens at one TCP address or Unix socket, and gives each connection to its owner.
//
// Promises   If the process is out of descriptors, a new connection is closed at once, with a descriptor that is kept
//            for this, and the owner is told; connections that exist are not disturbed. The file of a Unix socket is
//            removed at the end, unless another program's socket has replaced it.
// Thread     the loop's. Owner: a link.
// Errors     Error(unavailable), with the endpoint and the reason, if it cannot listen.
#pragma once

#include <sys/stat.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hoiku/link/endpoint.hpp"
#include "hoiku/link/link.hpp"
#include "link/src/zmtp/stream_address.hpp"

namespace hoiku::link::zmtp {

class Listener {
 public:
  struct Events {
    std::function<void(StreamSocket)> on_socket;
    // A connection was closed for want of descriptors or memory: the first of them since one was taken.
    std::function<void(std::string reason)> on_shortage;
  };

  // `text` is the endpoint as the user wrote it. `access` is for a Unix socket.
  Listener(const std::string& text, const Endpoint& endpoint, const SocketAccess& access, Events events);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Returns the endpoint at which clients find it, with the port that the system chose.
  std::string endpoint() const;

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;
  // A descriptor that can be given up.
  class Reserve {
   public:
    Reserve() { open(); }
    ~Reserve() { close(); }
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;
    void open() noexcept;
    void close() noexcept;

   private:
    int descriptor_ = -1;
  };
  struct State {
    State(boost::asio::io_context& context, Events events);
    Acceptor acceptor;
    boost::asio::steady_timer pause;
    Events events;  // empty after the end
    Reserve reserve;
    bool is_short = false;
  };

  // Removes the file of a Unix socket, unless another program's socket has its path meanwhile.
  class SocketFile {
   public:
    explicit SocketFile(std::string path);
    ~SocketFile();
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;

   private:
    const std::string path_;
    struct stat made_ {};
  };

  static void wait_for_connections(std::shared_ptr<State> state);
  static bool accept_waiting(State& state);
  static bool refuse_one(State& state);
  void bind_tcp(const std::string& text, const Endpoint& endpoint);
  boost::system::error_code try_to_bind(const boost::asio::ip::tcp::endpoint& address);
  void bind_unix(const std::string& text, const std::string& path, const SocketAccess& access);

  const std::string text_;
  std::optional<SocketFile> file_;  // of a Unix socket with a file
  std::shared_ptr<State> state_;
};

}  // namespace hoiku::link::zmtp
