// relay: the least that a broker of states over TCP has to do, as a floor for the link: one thread on epoll, a map of
// versions and values, a delivery to each reader and an acknowledgement to the writer. Promises nothing else: a reader
// that stops grows its queue without a limit.
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/peers/loopback.hpp"
#include "bench/peers/relay_protocol.hpp"

namespace hoiku::bench {
namespace {

struct Connection {
  int descriptor;
  std::string input;
  std::string output;
  bool is_dirty = false;     // has output of this turn
  bool awaits_room = false;  // epoll reports when it can be written again
};

struct TopicState {
  std::uint64_t version = 0;
  std::string value;
  std::vector<Connection*> readers;
};

int checked(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + " failed");
  return result;
}

int listen_at(std::uint16_t port) {
  const int listener = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback_address(port);
  checked(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(listener, SOMAXCONN), "listen");
  return listener;
}

class Relay {
 public:
  explicit Relay(std::uint16_t port)
      : listener_(listen_at(port)), epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    epoll_event event{EPOLLIN, {.ptr = nullptr}};
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event), "epoll_ctl");
  }

  [[noreturn]] void serve() {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
      for (Connection* connection : dirty_) flush(*connection);
      dirty_.clear();
      ended_.clear();
    }
  }

 private:
  void handle(const epoll_event& event) {
    if (event.data.ptr == nullptr) return accept();
    auto& connection = *static_cast<Connection*>(event.data.ptr);
    if (event.events & EPOLLOUT) mark_dirty(connection);
    if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(connection);
  }

  void accept() {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->descriptor = descriptor;
    epoll_event event{EPOLLIN, {.ptr = connection.get()}};
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
    connections_.emplace(descriptor, std::move(connection));
  }

  void receive(Connection& connection) {
    const ssize_t count = ::recv(connection.descriptor, piece_.data(), piece_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return end(connection);
    connection.input.append(piece_.data(), static_cast<std::size_t>(count));
    std::string_view rest = connection.input;
    while (rest.size() >= sizeof(RelayHeader)) {
      const RelayHeader header = header_of(rest);
      const std::size_t size = sizeof header + header.topic_bytes + header.value_bytes;
      if (rest.size() < size) break;
      const std::string_view topic = rest.substr(sizeof header, header.topic_bytes);
      take(connection, header.kind, topic, rest.substr(sizeof header + topic.size(), header.value_bytes));
      rest.remove_prefix(size);
    }
    connection.input.erase(0, connection.input.size() - rest.size());
  }

  void take(Connection& connection, RelayKind kind, std::string_view topic, std::string_view value) {
    TopicState& state = topics_[std::string(topic)];
    if (kind == RelayKind::subscribe) {
      state.readers.push_back(&connection);
    } else {
      ++state.version;
      state.value = value;
      for (Connection* reader : state.readers) {
        append_frame(reader->output, RelayKind::value, state.version, topic, state.value);
        mark_dirty(*reader);
      }
    }
    append_frame(connection.output, RelayKind::acknowledged, state.version, {}, {});
    if (kind == RelayKind::subscribe && state.version > 0)
      append_frame(connection.output, RelayKind::value, state.version, topic, state.value);
    mark_dirty(connection);
  }

  void mark_dirty(Connection& connection) {
    if (!connection.is_dirty) dirty_.push_back(&connection);
    connection.is_dirty = true;
  }

  void flush(Connection& connection) {
    connection.is_dirty = false;
    const ssize_t sent =
        ::send(connection.descriptor, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (sent > 0) connection.output.erase(0, static_cast<std::size_t>(sent));
    const bool awaits_room = !connection.output.empty();
    if (awaits_room == connection.awaits_room) return;
    connection.awaits_room = awaits_room;
    epoll_event event{EPOLLIN | (awaits_room ? std::uint32_t{EPOLLOUT} : 0U), {.ptr = &connection}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor, &event);
  }

  // Events of this turn may still name the connection, so it is destroyed at the turn's end.
  void end(Connection& connection) {
    for (auto& [name, state] : topics_) std::erase(state.readers, &connection);
    std::erase(dirty_, &connection);
    const int descriptor = connection.descriptor;
    ended_.push_back(std::move(connections_.at(descriptor)));
    connections_.erase(descriptor);
    ::close(descriptor);
  }

  int listener_;
  int epoll_;
  std::array<char, (std::size_t{64} << 10)> piece_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::unordered_map<std::string, TopicState> topics_;
  std::vector<Connection*> dirty_;
  std::vector<std::unique_ptr<Connection>> ended_;
};

}  // namespace
}  // namespace hoiku::bench

int main(int argc, char** argv) {
  if (argc != 2 || std::atoi(argv[1]) <= 0) {
    std::fprintf(stderr, "usage: relay PORT\n");
    return 2;
  }
  try {
    hoiku::bench::Relay(static_cast<std::uint16_t>(std::atoi(argv[1]))).serve();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "relay: %s\n", error.what());
    return 1;
  }
}
