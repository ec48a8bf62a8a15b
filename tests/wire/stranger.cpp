#include "stranger.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <iterator>
#include <utility>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/codec.hpp"
#include "link/src/zmtp/command.hpp"
#include "link/src/zmtp/frame_header.hpp"
#include "link/src/zmtp/greeting.hpp"
#include "link/src/zmtp/null_mechanism.hpp"
#include "link/src/zmtp/stream_address.hpp"
#include "wire.hpp"

namespace hoiku::wire_tests {
namespace {

namespace asio = boost::asio;
namespace zmtp = link::zmtp;
using asio::ip::tcp;

std::string beginning_of(zmtp::Role role) {
  return zmtp::write_greeting({"NULL", role == zmtp::Role::server}) + make_null_mechanism(role)->next_frame().value();
}

zmtp::StreamEndpoint address_of(const std::string& endpoint) {
  if (endpoint.starts_with("ipc://")) return zmtp::unix_endpoint_of(endpoint.substr(6));
  const std::size_t colon = endpoint.rfind(':');
  return tcp::endpoint(asio::ip::make_address(endpoint.substr(6, colon - 6)), port_of(endpoint));
}

}  // namespace

std::string repeated(const std::string& piece, std::size_t bytes) {
  std::string all;
  all.reserve(bytes + piece.size());
  while (all.size() < bytes) all += piece;
  return all;
}

std::string client_beginning() { return beginning_of(zmtp::Role::client); }
std::string broker_beginning() { return beginning_of(zmtp::Role::server); }
std::string message_of(std::string_view body) { return announcement_of(body.size()).append(body); }

std::string announcement_of(std::size_t body_bytes) {
  std::string header;
  append_frame_header(header, zmtp::FrameKind::message, body_bytes);
  return header;
}

std::string client_beginning_with_id(const std::string& id) {
  std::string properties;
  zmtp::append_property(properties, "Socket-Type", "DEALER");
  zmtp::append_property(properties, "Identity", id);
  return zmtp::write_greeting({"NULL", false}) + zmtp::write_command("READY", properties);
}

std::string hello_of(std::uint8_t token) {
  proto::ClientFrame frame;
  frame.connection_number = 1;
  frame.hello.emplace();
  frame.hello->token.fill(token);
  frame.hello->client_name = "stranger";
  frame.hello->session_timeout = std::chrono::milliseconds(1);  // the broker makes it the least that it allows
  return message_of(proto::encode(frame));
}

std::string command_frame(std::uint64_t number, proto::Command command) {
  proto::ClientFrame frame;
  frame.connection_number = 1;
  frame.number = number;
  frame.commands.push_back(std::move(command));
  return message_of(proto::encode(frame));
}

Stranger::Stranger(Socket socket) : socket_(std::move(socket)) {}

Task<Stranger> Stranger::connect(std::string endpoint) {
  Socket socket(current_io_context());
  const zmtp::StreamEndpoint address = address_of(endpoint);
  co_await socket.async_connect(address, use_task);
  // The broker accepts: a Unix socket whose queue is full would refuse the next stranger.
  co_await checkpoint();
  co_return Stranger(std::move(socket));
}

Task<bool> Stranger::say(std::string bytes) {
  const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(bytes), asio::as_tuple(use_task));
  co_return !error;
}

Task<bool> Stranger::say_slowly(std::string bytes) {
  for (const char byte : bytes) {
    const bool is_said = co_await say(std::string(1, byte));
    if (!is_said) co_return false;
    co_await checkpoint();
  }
  co_return true;
}

Task<std::string> Stranger::rest() {
  std::string all;
  std::string piece(65'536, '\0');
  for (;;) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(piece), asio::as_tuple(use_task));
    all.append(piece, 0, size);
    if (error) co_return all;
  }
}

Task<std::string> Stranger::hear(std::size_t bytes) {
  std::string heard(bytes, '\0');
  const auto [error, size] = co_await asio::async_read(socket_, asio::buffer(heard), asio::as_tuple(use_task));
  heard.resize(size);
  co_return heard;
}

void Stranger::end_speech() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stranger::reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

Task<std::vector<Stranger>> crowd(std::string endpoint, std::size_t count, std::string words) {
  std::vector<Stranger> strangers;
  for (std::size_t i = 0; i < count; ++i) {
    strangers.push_back(co_await Stranger::connect(endpoint));
    co_await strangers.back().say(words);
  }
  co_return strangers;
}

Task<> expect_all_closed(std::vector<Stranger>& strangers) {
  for (Stranger& stranger : strangers) co_await stranger.rest();
}

// Runs so many lives at once, until all have ended.
Task<> at_once(int count, const std::function<Task<>()>& life) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    for (int i = 0; i < count; ++i) nursery.start_soon([&]() -> Task<> { co_await life(); });
    co_return;
  });
}

std::size_t open_descriptors(int process) {
  const std::string folder = "/proc/" + (process == 0 ? "self" : std::to_string(process)) + "/fd";
  const auto count = std::distance(std::filesystem::directory_iterator(folder), {});
  // The walk itself takes one.
  return static_cast<std::size_t>(count) - (process == 0 ? 1 : 0);
}

std::size_t allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace hoiku::wire_tests
