// websocket.hpp: WebSockets that carry short texts, as Tasks. Only websocket.cpp includes Boost.Beast and its
// templates.
//
// Promises   pings a peer that is silent for 30 s, and treats it as gone if it does not answer. A message has at most 4
//            KiB. After a receive or send was cancelled, a WebSocket can only be destroyed: to say goodbye, let the
//            receive continue meanwhile.
// Thread     the loop's. One receive and one send (or close) at a time, concurrently.
// Errors     WebSocketError with a sentence for people; never a system error.
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
  class Connection;  // the Beast stream
  explicit WebSocket(std::unique_ptr<Connection> connection);
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  ~WebSocket();  // disconnects without a goodbye, unless close() was called

  static Task<WebSocket> connect(WebSocketUrl url);

  // The server's handshake: first of all, on a connection of WebSocketListener::accept.
  Task<> shake_hands();
  // The next message. Empty after the peer's goodbye.
  Task<std::optional<std::string>> receive();
  Task<> send(std::string text);
  // Says goodbye with a reason, and waits for the peer's goodbye. Throws no WebSocketError, since the connection ends
  // anyway.
  Task<> close(std::string reason);

 private:
  std::unique_ptr<Connection> connection_;
};

class WebSocketListener {
 public:
  // The host is an IP address or "localhost". Throws if it cannot listen there.
  explicit WebSocketListener(const SocketAddress& address);
  ~WebSocketListener();

  // The address with its real port, if port 0 was asked for.
  const SocketAddress& address() const noexcept { return address_; }

  // The next connection, before its handshake, which belongs in a task of its own: a silent peer must not delay others.
  Task<WebSocket> accept();

 private:
  class Acceptor;
  std::unique_ptr<Acceptor> acceptor_;
  SocketAddress address_;
};

}  // namespace hoiku::services
