// client.cpp: a client's end of the link: one connection to the first address of the broker's that answers.
#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <utility>

#include <fmt/core.h>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/limits.hpp"
#include "link/src/zmtp/connection.hpp"
#include "link/src/zmtp/link.hpp"
#include "link/src/zmtp/null_mechanism.hpp"
#include "link/src/zmtp/ticker.hpp"

namespace hoiku::link {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using zmtp::Connection;

// If packets are dropped, the kernel retries ever more rarely, up to minutes apart: a new attempt finds a network that
// is back.
constexpr Duration connecting_limit = 2s;
constexpr Duration tick = 500ms;

class ZmtpLink final : public Link, public Connection::Owner {
 public:
  // `endpoint` is for messages.
  ZmtpLink(std::string endpoint, Connection::Socket socket)
      : endpoint_(std::move(endpoint)),
        connection_(std::make_shared<Connection>(
            std::move(socket),
            zmtp::Conversation(make_null_mechanism(zmtp::Role::client), false, received_frame_bytes_max),
            zmtp::client_limits, *this)),
        ticker_(tick, [this] { connection_->check(now()); }) {
    connection_->start();
    ticker_.start();
  }
  ~ZmtpLink() override { connection_->close(); }

  // Waits for the end of the handshake. Throws LinkClosed if there is none.
  Task<> established() {
    while (!connection_->is_open() && !connection_->has_ended()) co_await readable_.wait();
    if (connection_->is_open()) co_return;
    throw LinkClosed(fmt::format("the program that listens at {} is not a broker, or is shutting down: it {}",
                                 endpoint_, connection_->reason()));
  }

  Task<std::string> receive() override {
    // A checkpoint even if a frame has arrived: a task that receives in a loop must let others run, and notice its end.
    co_await checkpoint();
    for (;;) {
      std::optional<std::string> frame = try_receive();
      if (frame) co_return std::move(*frame);
      co_await readable_.wait();
    }
  }

  std::optional<std::string> try_receive() override {
    std::optional<std::string> frame = connection_->next_message();
    if (!frame && connection_->has_ended()) throw closed();
    return frame;
  }

  Task<> send(std::string frame) override {
    co_await checkpoint();
    for (;;) {
      if (connection_->has_ended()) throw closed();
      if (connection_->has_room()) break;
      co_await writable_.wait();
    }
    connection_->queue(std::move(frame));
    connection_->flush();
  }

 private:
  void on_news(Connection& connection) override {
    readable_.notify();
    if (connection.has_ended()) writable_.notify();
  }
  void on_room(Connection&) override { writable_.notify(); }

  LinkClosed closed() const { return LinkClosed("closed by the peer"); }

  const std::string endpoint_;
  std::shared_ptr<Connection> connection_;
  zmtp::Ticker ticker_;
  Signal readable_;
  Signal writable_;
};

using Addresses = std::vector<asio::ip::address>;

// Returns the addresses of a host, IPv4 first, since brokers listen there by default.
Task<Addresses> addresses_of(Endpoint endpoint, std::string text) {
  Addresses found;
  if (endpoint.host == "localhost") {
    found = {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
    co_return found;
  }
  boost::system::error_code not_a_number;
  found.push_back(asio::ip::make_address(endpoint.host, not_a_number));
  if (!not_a_number) co_return found;

  found.clear();
  tcp::resolver resolver(current_io_context());
  try {
    const auto results = co_await resolver.async_resolve(endpoint.host, std::to_string(endpoint.port), use_task);
    for (const auto& entry : results) found.push_back(entry.endpoint().address());
  } catch (const boost::system::system_error& error) {
    throw LinkClosed(fmt::format("the host of {} cannot be resolved: {}", text, error.code().message()));
  }
  std::stable_partition(found.begin(), found.end(), [](const asio::ip::address& address) { return address.is_v4(); });
  co_return found;
}

std::string reason_of(const std::string& endpoint, const boost::system::error_code& error) {
  if (error == asio::error::connection_refused || error == boost::system::errc::no_such_file_or_directory)
    return fmt::format("no broker listens at {}: the connection was refused", endpoint);
  return fmt::format("{} cannot be reached: {}", endpoint, error.message());
}

// Connects a socket. Throws LinkClosed.
Task<Connection::Socket> connect_socket(std::string text, asio::generic::stream_protocol::endpoint address) {
  Connection::Socket socket(current_io_context());
  boost::system::error_code failed;
  const bool is_late = co_await move_on_after(connecting_limit, [&]() -> Task<> {
    try {
      co_await socket.async_connect(address, use_task);
    } catch (const boost::system::system_error& error) {
      failed = error.code();
    }
  });
  if (is_late) throw LinkClosed(fmt::format("{} cannot be reached: nothing answers there", text));
  if (failed) throw LinkClosed(reason_of(text, failed));
  co_return std::move(socket);
}

Task<std::unique_ptr<Link>> connect_to(std::string text, asio::generic::stream_protocol::endpoint address) {
  Connection::Socket socket = co_await connect_socket(text, address);
  boost::system::error_code is_not_tcp;
  socket.set_option(tcp::no_delay(true), is_not_tcp);
  auto link = std::make_unique<ZmtpLink>(text, std::move(socket));
  co_await link->established();
  co_return std::move(link);
}

class ZmtpConnector final : public Connector {
 public:
  ZmtpConnector(std::string text, Endpoint endpoint) : text_(std::move(text)), endpoint_(std::move(endpoint)) {}

  std::string endpoint() const override { return text_; }

  Task<std::unique_ptr<Link>> connect() override {
    if (endpoint_.kind == Endpoint::Kind::ipc) {
      const std::string& path = endpoint_.path;
      const asio::local::stream_protocol::endpoint address(path.starts_with('@') ? '\0' + path.substr(1) : path);
      co_return co_await connect_to(text_, address);
    }
    std::string reason;
    const Addresses addresses = co_await addresses_of(endpoint_, text_);
    for (const auto& address : addresses) {
      const tcp::endpoint there(address, endpoint_.port);
      try {
        co_return co_await connect_to(text_, there);
      } catch (const LinkClosed& error) {
        if (reason.empty()) reason = error.what();  // that of the first address, which is the likeliest
      }
    }
    throw LinkClosed(reason);
  }

 private:
  std::string text_;
  Endpoint endpoint_;
};

}  // namespace

std::unique_ptr<Connector> make_zmtp_connector(std::string text, Endpoint endpoint) {
  return std::make_unique<ZmtpConnector>(std::move(text), std::move(endpoint));
}

}  // namespace hoiku::link
