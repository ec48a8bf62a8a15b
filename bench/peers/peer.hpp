// peer.hpp: what a load needs of a peer of Hoiku: somebody who writes, and somebody who reads.
//
// Most peers are spoken to in their own protocol on one socket of ours, without a library: what remains is the peer's
// own cost, and many readers fit into one thread. NATS has its C client too (libnats), which JetStream's key-value
// store needs, and ZeroMQ is a library.
//
// Errors     what fails throws std::runtime_error; so does a connection that the server closes.
// Thread     one writer or reader belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hoiku::bench {

enum class PeerKind : std::uint8_t {
  relay,
  nats,         // NATS core, which keeps no state; its acknowledgement is the answer to a PING
  nats_client,  // the same by libnats
  nats_kv,      // JetStream's key-value store in memory, by libnats
  redis,        // PUBLISH alone
  redis_set,    // SET and PUBLISH in one piece
  mosquitto,    // QoS 0; a writer that wants acknowledgements publishes with QoS 1
  zeromq,       // PUSH to zmq_broker, which sends to XPUB; batches at both ends
};

// Returns nothing for an unknown name.
std::optional<PeerKind> parse_peer_kind(std::string_view name);
// Returns the names of the peers whose clients this program was built with.
std::vector<std::string> peer_names();

// The topics of a load: one, or many of one prefix.
struct Topics {
  std::string prefix = "bench/value";
  std::size_t count = 1;

  std::string name(std::size_t index) const { return count == 1 ? prefix : prefix + "/" + std::to_string(index); }
};

struct WriterOptions {
  bool at_once = false;       // each value is sent when it is published, without waiting for others
  bool acknowledged = false;  // await_acknowledgements() is called
  bool kept = false;          // the server keeps the values of topics, if the peer leaves that to the writer
};

class Writer {
 public:
  virtual ~Writer() = default;
  // May keep the value until flush(), or until it has enough of them.
  virtual void publish(std::string_view topic, std::string_view value) = 0;
  virtual void flush() = 0;
  // Waits until the server has acknowledged at least one more value, and returns how many it has since the last call.
  virtual std::size_t await_acknowledgements() = 0;
};

using Take = std::function<void(std::string_view topic, std::string_view value)>;

class Reader {
 public:
  virtual ~Reader() = default;
  // Returns when the server knows of the subscription. If the server keeps values, these are taken too.
  virtual void subscribe(const Topics& topics, const Take& take) = 0;
  // Waits for input, and takes the values that have arrived.
  virtual void receive(const Take& take) = 0;
  // The socket to poll before receive(). Negative: the reader needs a thread of its own.
  virtual int descriptor() const = 0;
};

// Connect to a server on this machine. Throw std::runtime_error if the program was built without the peer's client.
std::unique_ptr<Writer> connect_writer(PeerKind kind, std::uint16_t port, const WriterOptions& options);
std::unique_ptr<Reader> connect_reader(PeerKind kind, std::uint16_t port);

}  // namespace hoiku::bench
