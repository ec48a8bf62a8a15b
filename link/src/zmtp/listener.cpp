#include "link/src/zmtp/listener.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/time.hpp"
#include "link/src/listening.hpp"

namespace hoiku::link::zmtp {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Connections that may wait to be accepted: after a restart all clients come at once.
constexpr int backlog = 1024;
// Connections of one event: a flood of them leaves time for the others.
constexpr int accepts_a_turn = 64;
// If not even the reserve helps.
constexpr Duration pause_without_means = std::chrono::milliseconds(100);

// Requires an endpoint to listen at: its host is an address, localhost, or *.
asio::ip::address address_of(const Endpoint& endpoint) {
  if (endpoint.host == "localhost") return asio::ip::address_v4::loopback();
  return asio::ip::make_address(endpoint.host);
}

bool is_shortage(const error_code& error) {
  return error == asio::error::no_descriptors || error.value() == ENFILE || error == asio::error::no_memory ||
         error == asio::error::no_buffer_space;
}

}  // namespace

void Listener::Reserve::open() noexcept { descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

void Listener::Reserve::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Listener::SocketFile::SocketFile(std::string path) : path_(std::move(path)) { ::stat(path_.c_str(), &made_); }

Listener::SocketFile::~SocketFile() {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0) return;
  if (found.st_dev == made_.st_dev && found.st_ino == made_.st_ino) ::unlink(path_.c_str());
}

Listener::State::State(boost::asio::io_context& context, Events events_)
    : acceptor(context), pause(context), events(std::move(events_)) {}

Listener::Listener(const std::string& text, const Endpoint& endpoint, const SocketAccess& access, Events events)
    : text_(text), state_(std::make_shared<State>(current_io_context(), std::move(events))) {
  if (endpoint.kind == Endpoint::Kind::ipc)
    bind_unix(text, endpoint.path, access);
  else
    bind_tcp(text, endpoint);
  error_code error;
  state_->acceptor.listen(backlog, error);
  if (!error) state_->acceptor.non_blocking(true, error);
  if (error) throw cannot_listen(text, error.value());
  wait_for_connections(state_);
}

Listener::~Listener() {
  state_->events = {};
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
}

std::string Listener::endpoint() const {
  if (text_.starts_with("ipc://")) return text_;
  const tcp::endpoint address = tcp_endpoint_of(state_->acceptor.local_endpoint());
  // The address of * depends on the families that the machine has.
  return text_.starts_with("tcp://*:") ? fmt::format("tcp://*:{}", address.port()) : "tcp://" + address_text(address);
}

void Listener::bind_tcp(const std::string& text, const Endpoint& endpoint) {
  error_code error;
  if (endpoint.host == "*") {
    // Both families, or IPv4 alone on a machine without IPv6.
    error = try_to_bind({asio::ip::address_v6::any(), endpoint.port});
    if (error == asio::error::address_family_not_supported || error.value() == EADDRNOTAVAIL)
      error = try_to_bind({asio::ip::address_v4::any(), endpoint.port});
  } else {
    error = try_to_bind({address_of(endpoint), endpoint.port});
  }
  if (error) throw cannot_listen(text, error.value());
}

error_code Listener::try_to_bind(const tcp::endpoint& address) {
  Acceptor& acceptor = state_->acceptor;
  error_code error;
  acceptor.close(error);
  acceptor.open(address.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  // [::] stands for every address, as * does.
  if (!error && address.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(address, error);
  return error;
}

void Listener::bind_unix(const std::string& text, const std::string& path, const SocketAccess& access) {
  clear_socket_path(text, path);
  const auto address = unix_endpoint_of(path);
  error_code error;
  state_->acceptor.open(address.protocol(), error);
  if (!error) state_->acceptor.bind(address, error);
  if (error) throw cannot_listen(text, error.value());
  if (!path.starts_with('@')) file_.emplace(path);
  set_socket_access(text, path, access);
}

// The kernel says EMFILE before it looks whether a connection waits at all. So accept() is called only when one does:
// otherwise a process without descriptors would spin.
void Listener::wait_for_connections(std::shared_ptr<State> state) {
  State& listener = *state;
  listener.acceptor.async_wait(Acceptor::wait_read, [state = std::move(state)](const error_code& error) mutable {
    if (!state->events.on_socket) return;
    const bool go_on = error || accept_waiting(*state);
    if (!state->events.on_socket) return;
    if (go_on) return wait_for_connections(std::move(state));
    State& paused = *state;
    paused.pause.expires_after(pause_without_means);
    paused.pause.async_wait([state = std::move(state)](const error_code& cancelled) mutable {
      if (!cancelled && state->events.on_socket) wait_for_connections(std::move(state));
    });
  });
}

// Returns false if a connection can be neither taken nor refused now.
bool Listener::accept_waiting(State& state) {
  for (int left = accepts_a_turn; left > 0 && state.events.on_socket; --left) {
    error_code error;
    StreamSocket socket(state.acceptor.get_executor());
    state.acceptor.accept(socket, error);
    if (error == asio::error::would_block) return true;
    if (!error) {
      state.is_short = false;
      state.events.on_socket(std::move(socket));
    } else if (is_shortage(error)) {
      if (!std::exchange(state.is_short, true))
        state.events.on_shortage(error.message() + ": new connections are closed");
      if (!refuse_one(state)) return false;
    }
  }
  return true;
}

bool Listener::refuse_one(State& state) {
  state.reserve.close();
  error_code error;
  StreamSocket socket(state.acceptor.get_executor());
  state.acceptor.accept(socket, error);
  error_code ignored;
  socket.close(ignored);
  state.reserve.open();
  return !is_shortage(error);
}

}  // namespace hoiku::link::zmtp
