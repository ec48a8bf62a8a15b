#include "bench/peers/socket.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "bench/peers/loopback.hpp"

namespace hoiku::bench {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;
constexpr long finish_limit_s = 20;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::generic_category().message(errno));
}

}  // namespace

Socket::Socket(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (descriptor_ < 0) fail("socket");
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = loopback_address(port);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  const int error = errno;
  ::close(descriptor_);
  errno = error;
  fail("connect");
}

Socket::~Socket() { ::close(descriptor_); }

void Socket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string_view Socket::take_line() {
  std::size_t end = 0;
  while ((end = unread().find("\r\n")) == std::string_view::npos) receive_more();
  const std::string_view line = unread().substr(0, end);
  taken_ += end + 2;
  return line;
}

void Socket::discard_input() {
  std::array<char, piece_bytes> piece;
  while (::recv(descriptor_, piece.data(), piece.size(), MSG_DONTWAIT) == static_cast<ssize_t>(piece.size())) {
  }
  input_.clear();
  taken_ = 0;
}

void Socket::finish() {
  ::shutdown(descriptor_, SHUT_WR);
  const timeval limit{finish_limit_s, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::array<char, piece_bytes> piece;
  while (::recv(descriptor_, piece.data(), piece.size(), 0) > 0) {
  }
}

void Socket::receive_more() {
  input_.erase(0, taken_);
  taken_ = 0;
  std::array<char, piece_bytes> piece;
  const ssize_t count = ::recv(descriptor_, piece.data(), piece.size(), 0);
  if (count < 0) fail("recv");
  if (count == 0) throw std::runtime_error("the server closed the connection");
  input_.append(piece.data(), static_cast<std::size_t>(count));
}

}  // namespace hoiku::bench
