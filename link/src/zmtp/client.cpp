// client.cpp: a client's end of the link: one connection to the first address of the broker's that answers.
#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include <fmt/core.h>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/limits.hpp"
#include "link/src/receive_next.hpp"
#include "link/src/resolver.hpp"
#include "link/src/zmtp/connect.hpp"
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

constexpr Duration tick = 500ms;

class ZmtpLink final : public Link, public Connection::Owner {
 public:
  // `endpoint` is for messages.
  ZmtpLink(std::string endpoint, zmtp::StreamSocket socket)
      : endpoint_(std::move(endpoint)),
        connection_(std::make_shared<Connection>(
            std::move(socket), zmtp::Conversation(make_null_mechanism(zmtp::Role::client), received_frame_bytes_max),
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
    throw LinkClosed(fmt::format("the program that listens at {} is not a broker, or is shutting down: {}", endpoint_,
                                 connection_->reason()));
  }

  Task<std::string> receive() override { return receive_next(*this, readable_); }

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

class ZmtpConnector final : public Connector {
 public:
  ZmtpConnector(std::string text, Endpoint endpoint) : text_(std::move(text)), endpoint_(std::move(endpoint)) {}

  std::string endpoint() const override { return text_; }

  Task<std::unique_ptr<Link>> connect() override {
    const std::vector<zmtp::StreamEndpoint> addresses = co_await addresses_of_broker();
    zmtp::StreamSocket socket = co_await zmtp::connect_to_any(text_, addresses);
    auto link = std::make_unique<ZmtpLink>(text_, std::move(socket));
    co_await link->established();
    co_return std::move(link);
  }

 private:
  Task<std::vector<zmtp::StreamEndpoint>> addresses_of_broker() {
    std::vector<zmtp::StreamEndpoint> addresses;
    if (endpoint_.kind == Endpoint::Kind::ipc) {
      addresses.push_back(zmtp::unix_endpoint_of(endpoint_.path));
      co_return addresses;
    }
    const std::vector<asio::ip::address> found = co_await resolve(endpoint_.host, text_);
    for (const asio::ip::address& address : found) addresses.push_back(tcp::endpoint(address, endpoint_.port));
    co_return zmtp::alternate_families(addresses);
  }

  std::string text_;
  Endpoint endpoint_;
};

}  // namespace

std::unique_ptr<Connector> make_zmtp_connector(std::string text, Endpoint endpoint) {
  return std::make_unique<ZmtpConnector>(std::move(text), std::move(endpoint));
}

}  // namespace hoiku::link
