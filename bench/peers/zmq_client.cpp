// zmq_client.cpp: bare ZeroMQ by its library: PUSH to zmq_broker, SUB from it.
#include <memory>

#include "bench/peers/clients.hpp"
#include "bench/peers/zmq_batch.hpp"

namespace hoiku::bench {
namespace {

// The program's context. It lives as long as the program does, unless sockets still have something to send.
class Context {
 public:
  Context() : context_(::zmq_ctx_new()) { ::zmq_ctx_set(context_, ZMQ_MAX_SOCKETS, 16384); }
  ~Context() { ::zmq_ctx_term(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  void* get() { return context_; }

 private:
  void* context_;
};

void* context() {
  static Context shared;
  return shared.get();
}

void connect(ZmqSocket& socket, int port) {
  ZmqSocket::check(::zmq_connect(socket.get(), ("tcp://127.0.0.1:" + std::to_string(port)).c_str()) == 0);
}

class ZmqWriter : public Writer {
 public:
  ZmqWriter(std::uint16_t port, const WriterOptions& options) : socket_(context(), ZMQ_PUSH), options_(options) {
    if (options.acknowledged) throw std::runtime_error("bare ZeroMQ acknowledges nothing");
    connect(socket_, port);
  }

  void publish(std::string_view topic, std::string_view value) override {
    append_item(batch_, topic, value);
    if (options_.at_once || batch_.size() >= batch_bytes) flush();
  }
  void flush() override {
    if (!batch_.empty()) socket_.send(batch_);
    batch_.clear();
  }
  std::size_t await_acknowledgements() override { return 0; }

 private:
  ZmqSocket socket_;
  WriterOptions options_;
  std::string batch_;
};

class ZmqReader : public Reader {
 public:
  explicit ZmqReader(std::uint16_t port) : socket_(context(), ZMQ_SUB), port_(port) { socket_.set(ZMQ_LINGER, 0); }

  // Values of several topics come in one message, so ZeroMQ cannot tell them apart: every reader gets all.
  void subscribe(const Topics&, const Take&) override {
    socket_.set(ZMQ_SUBSCRIBE, "");
    connect(socket_, port_ + 1);
    while (message_.bytes() != welcome) message_.receive(socket_);
  }
  void receive(const Take& take) override {
    if (message_.receive(socket_)) take_items(message_.bytes(), take);
  }
  int descriptor() const override { return -1; }

 private:
  ZmqSocket socket_;
  std::uint16_t port_;
  ZmqMessage message_;
};

}  // namespace

std::unique_ptr<Writer> make_zmq_writer(std::uint16_t port, const WriterOptions& options) {
  return std::make_unique<ZmqWriter>(port, options);
}

std::unique_ptr<Reader> make_zmq_reader(std::uint16_t port) { return std::make_unique<ZmqReader>(port); }

}  // namespace hoiku::bench
