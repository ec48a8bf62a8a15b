// websocket.hpp: WebSockets that carry short texts, as Tasks. The only door to Boost.Beast, whose templates stay behind
// it in one file.
//
// Promises   a peer that is silent for 30 s is asked for a sign of life, and counts as gone when it gives none; a
//            message is at most 4 KiB. A receive or send that was cancelled leaves a WebSocket that can only be
//            destroyed: whoever wants to say goodbye lets the receive go on meanwhile.
// Thread     the loop's. One receive and one send (or close) at a time, beside each other.
// Errors     WebSocketError with a sentence for people; never the system's own.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "hoiku/async/task.hpp"
#include "services/address.hpp"

namespace hoiku::services {

class WebSocketError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class WebSocket {
 public:
  class Connection;  // what Beast makes of it
  explicit WebSocket(std::unique_ptr<Connection> connection);
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  ~WebSocket();  // hangs up without a goodbye, where close() has not said it

  static Task<WebSocket> connect(WebSocketUrl url);

  // The server's part of the handshake: before anything else, on what WebSocketListener::accept gave.
  Task<> shake_hands();
  // The next message; nothing, when the peer has said goodbye.
  Task<std::optional<std::string>> receive();
  Task<> send(std::string text);
  // Says goodbye, with the reason, and waits for the peer's. Throws nothing of its own: it is over in any case.
  Task<> close(std::string reason);

 private:
  std::unique_ptr<Connection> connection_;
};

class WebSocketListener {
 public:
  // The host is a number or "localhost". Throws where it cannot listen there.
  explicit WebSocketListener(const SocketAddress& address);
  ~WebSocketListener();

  // With the port that the system chose, where it was 0.
  const SocketAddress& address() const noexcept { return address_; }

  // The next connection, before its handshake: that is for a task of its own, so that a silent peer delays nobody.
  Task<WebSocket> accept();

 private:
  class Acceptor;
  std::unique_ptr<Acceptor> acceptor_;
  SocketAddress address_;
};

}  // namespace hoiku::services
