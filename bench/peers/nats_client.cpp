// nats_client.cpp: NATS core in its text protocol.
#include "bench/peers/clients.hpp"
#include "bench/peers/raw_client.hpp"

namespace hoiku::bench {
namespace {

// Says hello, and waits until the server has answered.
void greet(Socket& socket) {
  socket.take_line();  // INFO
  socket.send("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n");
  while (socket.take_line() != "PONG") {
  }
}

// A line that is no message: answers a PING, and throws at an error. Returns whether it is a PONG.
bool is_pong(Socket& socket, std::string_view line) {
  if (line == "PING") socket.send("PONG\r\n");
  if (line.starts_with("-ERR")) throw std::runtime_error("NATS says " + std::string(line));
  return line == "PONG";
}

class NatsWriter : public RawWriter {
 public:
  NatsWriter(std::uint16_t port, const WriterOptions& options) : RawWriter(port, options) { greet(socket()); }

 private:
  void append(std::string& out, std::string_view topic, std::string_view value) override {
    out.append("PUB ").append(topic).append(" ").append(std::to_string(value.size())).append(crlf);
    out.append(value).append(crlf);
    if (options().acknowledged) out.append("PING\r\n");
  }
  std::size_t parse(std::string_view input, std::size_t& acknowledged) override {
    const std::size_t end = input.find(crlf);
    if (end == std::string_view::npos) return 0;
    if (is_pong(socket(), input.substr(0, end))) ++acknowledged;
    return end + crlf.size();
  }
};

class NatsReader : public RawReader {
 public:
  explicit NatsReader(std::uint16_t port) : RawReader(port) { greet(socket()); }

  void subscribe(const Topics& topics, const Take& take) override {
    std::string commands;
    for (std::size_t i = 0; i < topics.count; ++i)
      commands.append("SUB ").append(topics.name(i)).append(" ").append(std::to_string(i + 1)).append(crlf);
    socket().send(commands + "PING\r\n");
    await_answers(1, take);
  }

 private:
  std::size_t parse(std::string_view input, const Take& take) override {
    const std::size_t end = input.find(crlf);
    if (end == std::string_view::npos) return 0;
    const std::string_view line = input.substr(0, end);
    if (!line.starts_with("MSG ")) {
      if (is_pong(socket(), line)) ++answers_;
      return end + crlf.size();
    }
    const std::size_t bytes = number_in(line.substr(line.rfind(' ') + 1));
    const std::size_t size = end + crlf.size() + bytes + crlf.size();
    if (input.size() < size) return 0;
    const std::string_view topic = line.substr(4, line.find(' ', 4) - 4);
    take(topic, input.substr(end + crlf.size(), bytes));
    return size;
  }
};

}  // namespace

std::unique_ptr<Writer> make_nats_writer(std::uint16_t port, const WriterOptions& options) {
  return std::make_unique<NatsWriter>(port, options);
}

std::unique_ptr<Reader> make_nats_reader(std::uint16_t port) { return std::make_unique<NatsReader>(port); }

}  // namespace hoiku::bench
