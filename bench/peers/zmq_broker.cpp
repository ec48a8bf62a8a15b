// zmq_broker PORT: what one writes who builds a bus on bare ZeroMQ: a PULL socket at PORT, an XPUB socket at PORT + 1,
// and between them as many values in one message as have arrived, up to 64 KiB. It keeps no state, and drops
// what is for a reader that is a thousand messages behind (ZeroMQ's default).
#include <array>
#include <cstdio>
#include <cstdlib>

#include "bench/peers/zmq_batch.hpp"

namespace hoiku::bench {
namespace {

constexpr std::size_t forwarded_bytes = std::size_t{64} << 10;

std::string endpoint(int port) { return "tcp://127.0.0.1:" + std::to_string(port); }

[[noreturn]] void serve(int port) {
  void* context = ::zmq_ctx_new();
  ZmqSocket writers(context, ZMQ_PULL), readers(context, ZMQ_XPUB);
  readers.set(ZMQ_XPUB_VERBOSE, 1);
  readers.set(ZMQ_XPUB_WELCOME_MSG, welcome);
  ZmqSocket::check(::zmq_bind(writers.get(), endpoint(port).c_str()) == 0);
  ZmqSocket::check(::zmq_bind(readers.get(), endpoint(port + 1).c_str()) == 0);
  std::array<zmq_pollitem_t, 2> items{zmq_pollitem_t{writers.get(), 0, ZMQ_POLLIN, 0},
                                      zmq_pollitem_t{readers.get(), 0, ZMQ_POLLIN, 0}};
  ZmqMessage message;
  std::string batch;
  for (;;) {
    ::zmq_poll(items.data(), static_cast<int>(items.size()), -1);
    while (message.receive(readers, ZMQ_DONTWAIT)) {  // a subscription
    }
    while (batch.size() < forwarded_bytes && message.receive(writers, ZMQ_DONTWAIT)) batch.append(message.bytes());
    if (!batch.empty()) readers.send(batch);
    batch.clear();
  }
}

}  // namespace
}  // namespace hoiku::bench

int main(int argc, char** argv) {
  if (argc != 2 || std::atoi(argv[1]) <= 0) {
    std::fprintf(stderr, "usage: zmq_broker PORT\n");
    return 2;
  }
  try {
    hoiku::bench::serve(std::atoi(argv[1]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zmq_broker: %s\n", error.what());
    return 1;
  }
}
