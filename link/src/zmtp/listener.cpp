#include "link/src/zmtp/listener.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <utility>

#include "hoiku/async/asio.hpp"
#include "link/src/listening.hpp"

namespace hoiku::link::zmtp {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Connections that may wait to be accepted: after a restart all clients come at once.
constexpr int backlog = 1024;

asio::ip::address address_of(const std::string& text, const Endpoint& endpoint) {
  if (endpoint.host == "*") return asio::ip::address_v4::any();
  if (endpoint.host == "localhost") return asio::ip::address_v4::loopback();
  error_code error;
  const asio::ip::address address = asio::ip::make_address(endpoint.host, error);
  if (error)
    throw cannot_listen(text,
                        "a broker listens at an address, not at a name: use this machine's address, or * for all");
  return address;
}

bool is_out_of_descriptors(const error_code& error) {
  return error == asio::error::no_descriptors || error.value() == ENFILE || error == asio::error::no_memory ||
         error == asio::error::no_buffer_space;
}

}  // namespace

void Listener::Reserve::open() noexcept { descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

void Listener::Reserve::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Listener::State::State(boost::asio::io_context& context, OnSocket on_socket_)
    : acceptor(context), on_socket(std::move(on_socket_)) {}

Listener::Listener(const std::string& text, const Endpoint& endpoint, OnSocket on_socket)
    : text_(text), state_(std::make_shared<State>(current_io_context(), std::move(on_socket))) {
  if (endpoint.kind == Endpoint::Kind::ipc)
    bind_unix(text, endpoint.path);
  else
    bind_tcp(text, endpoint);
  error_code error;
  state_->acceptor.listen(backlog, error);
  if (error) throw cannot_listen(text, error.value());
  accept(state_);
}

Listener::~Listener() {
  state_->on_socket = {};
  error_code ignored;
  state_->acceptor.close(ignored);
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string Listener::endpoint() const {
  if (text_.starts_with("ipc://")) return text_;
  return "tcp://" + address_text(tcp_endpoint_of(state_->acceptor.local_endpoint()));
}

void Listener::bind_tcp(const std::string& text, const Endpoint& endpoint) {
  const tcp::endpoint address(address_of(text, endpoint), endpoint.port);
  error_code error;
  state_->acceptor.open(address.protocol(), error);
  if (!error) state_->acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) state_->acceptor.bind(address, error);
  if (error) throw cannot_listen(text, error.value());
}

void Listener::bind_unix(const std::string& text, const std::string& path) {
  check_socket_path(text, path);
  const bool is_file = !path.starts_with('@');
  // Nobody listens there: a broker that was killed has left it.
  if (is_file) ::unlink(path.c_str());
  const auto address = unix_endpoint_of(path);
  error_code error;
  state_->acceptor.open(address.protocol(), error);
  if (!error) state_->acceptor.bind(address, error);
  if (error) throw cannot_listen(text, error.value());
  if (is_file) path_ = path;
}

void Listener::accept(std::shared_ptr<State> state) {
  State& listener = *state;
  listener.acceptor.async_accept([state = std::move(state)](const error_code& error, StreamSocket socket) mutable {
    if (!state->on_socket) return;
    if (!error)
      state->on_socket(std::move(socket));
    else if (is_out_of_descriptors(error))
      refuse_one(*state);
    if (state->on_socket) accept(std::move(state));
  });
}

void Listener::refuse_one(State& state) {
  state.reserve.close();
  error_code ignored;
  StreamSocket socket(state.acceptor.get_executor());
  state.acceptor.non_blocking(true, ignored);
  state.acceptor.accept(socket, ignored);
  socket.close(ignored);
  state.reserve.open();
}

}  // namespace hoiku::link::zmtp
