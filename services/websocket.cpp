#include "services/websocket.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <string_view>
#include <utility>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/sleep.hpp"

namespace hoiku::services {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using boost::system::system_error;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::size_t message_bytes_max = 4096;
constexpr auto handshake_limit = 5s;
constexpr auto silence_limit = 30s;
constexpr auto goodbye_limit = 1s;

WebSocketError failure(const std::string& what, const error_code& code) {
  return WebSocketError(what + ": " + code.message());
}

tcp::endpoint endpoint_of(const SocketAddress& address) {
  error_code code;
  const auto number = asio::ip::make_address(address.host == "localhost" ? "127.0.0.1" : address.host, code);
  if (code) throw WebSocketError("cannot listen at " + address_text(address) + ": the host must be an IP address");
  return {number, address.port};
}

}  // namespace

// ---- one connection

class WebSocket::Connection {
 public:
  using Stream = beast::websocket::stream<tcp::socket>;
  explicit Connection(tcp::socket socket) : stream(std::move(socket)) {
    beast::websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = handshake_limit;
    timeout.idle_timeout = silence_limit;
    timeout.keep_alive_pings = true;
    stream.set_option(timeout);
    stream.read_message_max(message_bytes_max);
    stream.text(true);
    error_code ignored;  // a peer that has hung up already shows at the handshake
    stream.next_layer().set_option(tcp::no_delay(true), ignored);
  }

  Stream stream;
  beast::flat_buffer received{message_bytes_max};
  std::string sending;
};

WebSocket::WebSocket(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;
WebSocket::~WebSocket() = default;

Task<WebSocket> WebSocket::connect(WebSocketUrl url) {
  const std::string where = address_text(url.address);
  try {
    tcp::resolver resolver(current_io_context());
    const std::string port = std::to_string(url.address.port);
    const auto found = co_await resolver.async_resolve(url.address.host, port, use_task);
    tcp::socket socket(current_io_context());
    co_await asio::async_connect(socket, found, use_task);
    auto connection = std::make_unique<Connection>(std::move(socket));
    co_await connection->stream.async_handshake(where, url.path, use_task);
    co_return WebSocket(std::move(connection));
  } catch (const system_error& error) {
    throw failure("no WebSocket answers at " + where, error.code());
  }
}

Task<> WebSocket::shake_hands() {
  try {
    co_await connection_->stream.async_accept(use_task);
  } catch (const system_error& error) {
    throw failure("the peer does not speak WebSocket", error.code());
  }
}

Task<std::optional<std::string>> WebSocket::receive() {
  try {
    co_await connection_->stream.async_read(connection_->received, use_task);
  } catch (const system_error& error) {
    if (error.code() == beast::websocket::error::closed) co_return std::nullopt;
    throw failure("the connection was closed by the peer", error.code());
  }
  std::string text = beast::buffers_to_string(connection_->received.data());
  connection_->received.clear();
  co_return text;
}

Task<> WebSocket::send(std::string text) {
  connection_->sending = std::move(text);
  const asio::const_buffer bytes = asio::buffer(connection_->sending);
  try {
    co_await connection_->stream.async_write(bytes, use_task);
  } catch (const system_error& error) {
    throw failure("the connection was closed by the peer", error.code());
  }
}

Task<> WebSocket::close(std::string reason) {
  const beast::websocket::close_reason farewell(beast::websocket::close_code::going_away, reason);
  try {
    // A peer that does not answer gets no more time.
    co_await move_on_after(goodbye_limit,
                           [&]() -> Task<> { co_await connection_->stream.async_close(farewell, use_task); });
  } catch (const system_error&) {
  }
}

// ---- listening

class WebSocketListener::Acceptor {
 public:
  explicit Acceptor(asio::io_context& context) : acceptor(context) {}
  tcp::acceptor acceptor;
};

WebSocketListener::WebSocketListener(const SocketAddress& address)
    : acceptor_(std::make_unique<Acceptor>(current_io_context())), address_(address) {
  const tcp::endpoint endpoint = endpoint_of(address);
  tcp::acceptor& acceptor = acceptor_->acceptor;
  try {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    address_.port = acceptor.local_endpoint().port();
  } catch (const system_error& error) {
    throw failure("cannot listen at " + address_text(address), error.code());
  }
}

WebSocketListener::~WebSocketListener() = default;

Task<WebSocket> WebSocketListener::accept() {
  for (;;) {
    std::optional<tcp::socket> socket;
    try {
      socket.emplace(co_await acceptor_->acceptor.async_accept(use_task));
    } catch (const system_error&) {
      // The peer has disconnected, or this process is out of descriptors. Neither ends the listener.
    }
    if (socket) co_return WebSocket(std::make_unique<WebSocket::Connection>(std::move(*socket)));
    co_await sleep(50ms);
  }
}

}  // namespace hoiku::services
