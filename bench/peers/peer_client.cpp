#include "bench/peers/peer_client.hpp"

#include <charconv>
#include <stdexcept>

#include "bench/peers/relay_protocol.hpp"
#include "bench/peers/socket.hpp"

namespace hoiku::bench {
namespace {

constexpr std::string_view crlf = "\r\n";

std::size_t number_in(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("not a number: " + std::string(text));
  return number;
}

// ---- The relay

class RelayClient : public PeerClient {
 public:
  explicit RelayClient(std::uint16_t port) : socket_(port) {}

  void post(std::string_view value) override {
    say(RelayKind::set, value);
    socket_.discard_input();
  }
  void set(std::string_view value) override {
    say(RelayKind::set, value);
    await_acknowledgement();
  }
  void subscribe() override {
    say(RelayKind::subscribe, {});
    await_acknowledgement();
  }
  std::string_view next() override {
    const RelayHeader header = header_of(socket_.take(sizeof(RelayHeader)));
    socket_.take(header.topic_bytes);
    return socket_.take(header.value_bytes);
  }

 private:
  void say(RelayKind kind, std::string_view value) {
    frame_.clear();
    append_frame(frame_, kind, 0, "load/value", value);
    socket_.send(frame_);
  }
  void await_acknowledgement() {
    if (header_of(socket_.take(sizeof(RelayHeader))).kind != RelayKind::acknowledged)
      throw std::runtime_error("the relay sent something else than an acknowledgement");
  }

  Socket socket_;
  std::string frame_;
};

// ---- NATS

class NatsClient : public PeerClient {
 public:
  explicit NatsClient(std::uint16_t port) : socket_(port) {
    socket_.take_line();  // INFO
    socket_.send("CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
    ping();
  }

  void post(std::string_view value) override {
    write(value);
    socket_.send(command_);
    socket_.discard_input();
  }
  void set(std::string_view value) override {
    write(value);
    command_.append("PING\r\n");
    socket_.send(command_);
    await_pong();
  }
  void subscribe() override {
    socket_.send("SUB load.value 1\r\n");
    ping();
  }
  std::string_view next() override {
    for (;;) {
      const std::string_view line = socket_.take_line();
      if (line.starts_with("MSG ")) {
        const std::size_t size = number_in(line.substr(line.rfind(' ') + 1));
        return socket_.take(size + crlf.size()).substr(0, size);
      }
      answer(line);
    }
  }

 private:
  void write(std::string_view value) {
    command_.assign("PUB load.value ").append(std::to_string(value.size())).append(crlf).append(value).append(crlf);
  }
  void ping() {
    socket_.send("PING\r\n");
    await_pong();
  }
  void await_pong() {
    for (;;) {
      const std::string_view line = socket_.take_line();
      if (line == "PONG") return;
      answer(line);
    }
  }
  void answer(std::string_view line) {
    if (line == "PING") socket_.send("PONG\r\n");
    if (line.starts_with("-ERR")) throw std::runtime_error("NATS says " + std::string(line));
  }

  Socket socket_;
  std::string command_;
};

// ---- Redis

class RedisClient : public PeerClient {
 public:
  explicit RedisClient(std::uint16_t port) : socket_(port) {}

  void post(std::string_view value) override {
    write(value);
    socket_.discard_input();
  }
  void set(std::string_view value) override {
    write(value);
    take_answer();
    take_answer();
  }
  void subscribe() override {
    socket_.send("*2\r\n$9\r\nSUBSCRIBE\r\n$10\r\nload/value\r\n");
    take_answer();
  }
  std::string_view next() override { return take_answer(); }

 private:
  void write(std::string_view value) {
    commands_.clear();
    append_command("SET", value);
    append_command("PUBLISH", value);
    socket_.send(commands_);
  }
  void append_command(std::string_view verb, std::string_view value) {
    commands_.append("*3\r\n");
    for (const std::string_view word : {verb, std::string_view("load/value"), value})
      commands_.append("$").append(std::to_string(word.size())).append(crlf).append(word).append(crlf);
  }
  // Returns the last string of an answer: of a message, its value.
  std::string_view take_answer() {
    const std::string_view line = socket_.take_line();
    if (line.starts_with('-')) throw std::runtime_error("Redis says " + std::string(line));
    if (line.starts_with('$')) {
      const std::size_t size = number_in(line.substr(1));
      return socket_.take(size + crlf.size()).substr(0, size);
    }
    if (!line.starts_with('*')) return line;
    std::string_view last;
    for (std::size_t count = number_in(line.substr(1)); count > 0; --count) last = take_answer();
    return last;
  }

  Socket socket_;
  std::string commands_;
};

}  // namespace

std::unique_ptr<PeerClient> connect_peer(PeerKind kind, std::uint16_t port) {
  switch (kind) {
    case PeerKind::relay:
      return std::make_unique<RelayClient>(port);
    case PeerKind::nats:
      return std::make_unique<NatsClient>(port);
    case PeerKind::redis:
      return std::make_unique<RedisClient>(port);
  }
  throw std::logic_error("no such peer");
}

}  // namespace hoiku::bench
