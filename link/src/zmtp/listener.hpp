// listener.hpp: listens at one TCP address or Unix socket, and gives each connection to its owner.
//
// Promises   If the process is out of descriptors, a new connection is closed at once, with a descriptor that is kept
//            for this; those that exist are not disturbed. The file of a Unix socket is removed at the end.
// Thread     the loop's. Owner: a link.
// Errors     Error(unavailable), with the endpoint and the reason, if it cannot listen.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "hoiku/link/endpoint.hpp"
#include "link/src/zmtp/stream_address.hpp"

namespace hoiku::link::zmtp {

class Listener {
 public:
  using OnSocket = std::function<void(StreamSocket)>;

  // `text` is the endpoint as the user wrote it.
  Listener(const std::string& text, const Endpoint& endpoint, OnSocket on_socket);
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
    State(boost::asio::io_context& context, OnSocket on_socket);
    Acceptor acceptor;
    OnSocket on_socket;  // empty after the end
    Reserve reserve;
  };

  static void accept(std::shared_ptr<State> state);
  static void refuse_one(State& state);
  void bind_tcp(const std::string& text, const Endpoint& endpoint);
  void bind_unix(const std::string& text, const std::string& path);

  const std::string text_;
  std::string path_;  // of the file that is removed at the end; empty: there is none
  std::shared_ptr<State> state_;
};

}  // namespace hoiku::link::zmtp
