// libnats_client.cpp: NATS by its C client: core, and JetStream's key-value store. The library has threads of its own:
// one that reads each connection, and one that flushes what was published.
#include <nats/nats.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "bench/peers/clients.hpp"

namespace hoiku::bench {
namespace {

constexpr std::int64_t patience_ms = 20'000;
constexpr const char* bucket = "BENCH";
constexpr int kept_values = 64;  // of a key: the most that a bucket keeps
constexpr std::int64_t most_pending = 4096;

void check(natsStatus status, const char* what) {
  if (status != NATS_OK) throw std::runtime_error(std::string(what) + ": " + natsStatus_GetText(status));
}

template <auto destroy>
struct Destroyer {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};
template <class T, auto destroy>
using Owned = std::unique_ptr<T, Destroyer<destroy>>;

using Connection = Owned<natsConnection, natsConnection_Destroy>;
using JetStream = Owned<jsCtx, jsCtx_Destroy>;
using Store = Owned<kvStore, kvStore_Destroy>;

Connection connect(std::uint16_t port, bool at_once) {
  natsOptions* made = nullptr;
  check(natsOptions_Create(&made), "options");
  const Owned<natsOptions, natsOptions_Destroy> options(made);
  const std::string url = "nats://127.0.0.1:" + std::to_string(port);
  check(natsOptions_SetURL(made, url.c_str()), "address");
  check(natsOptions_SetSendAsap(made, at_once), "options");
  check(natsOptions_SetAllowReconnect(made, false), "options");
  natsConnection* connection = nullptr;
  check(natsConnection_Connect(&connection, made), "connect");
  return Connection(connection);
}

JetStream jet_stream(const Connection& connection, jsOptions& options) {
  jsCtx* context = nullptr;
  check(natsConnection_JetStream(&context, connection.get(), &options), "JetStream");
  return JetStream(context);
}

// Makes the bucket, or opens it if it is there.
Store store(const JetStream& context) {
  kvConfig config;
  kvConfig_Init(&config);
  config.Bucket = bucket;
  config.History = kept_values;
  config.StorageType = js_MemoryStorage;
  kvStore* made = nullptr;
  if (js_KeyValue(&made, context.get(), bucket) != NATS_OK)
    check(js_CreateKeyValue(&made, context.get(), &config), "bucket");
  return Store(made);
}

// ---- NATS core

class CoreWriter : public Writer {
 public:
  CoreWriter(std::uint16_t port, const WriterOptions& options) : connection_(connect(port, options.at_once)) {}
  ~CoreWriter() override { natsConnection_FlushTimeout(connection_.get(), patience_ms); }

  void publish(std::string_view topic, std::string_view value) override {
    topic_ = topic;
    check(natsConnection_Publish(connection_.get(), topic_.c_str(), value.data(), static_cast<int>(value.size())),
          "publish");
  }
  void flush() override {}  // the library's thread does it
  std::size_t await_acknowledgements() override {
    throw std::runtime_error("NATS core acknowledges nothing; the raw client counts PONGs");
  }

 private:
  Connection connection_;
  std::string topic_;
};

class CoreReader : public Reader {
 public:
  explicit CoreReader(std::uint16_t port) : connection_(connect(port, true)) {}

  void subscribe(const Topics& topics, const Take&) override {
    natsSubscription* made = nullptr;
    check(natsConnection_SubscribeSync(&made, connection_.get(), topics.prefix.c_str()), "subscribe");
    subscription_.reset(made);
    check(natsSubscription_SetPendingLimits(made, -1, -1), "limits");
    check(natsConnection_FlushTimeout(connection_.get(), patience_ms), "flush");
  }
  void receive(const Take& take) override {
    natsMsg* message = nullptr;
    check(natsSubscription_NextMsg(&message, subscription_.get(), patience_ms), "next message");
    const Owned<natsMsg, natsMsg_Destroy> owner(message);
    take(natsMsg_GetSubject(message),
         {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
  }
  int descriptor() const override { return -1; }

 private:
  Connection connection_;
  Owned<natsSubscription, natsSubscription_Destroy> subscription_;
};

// ---- JetStream's key-value store

// The messages that the server has acknowledged, counted by a thread of the library.
struct Acknowledged {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t count = 0;
  std::string error;

  static void note(jsCtx*, natsMsg* message, jsPubAck*, jsPubAckErr* error, void* closure) {
    auto& self = *static_cast<Acknowledged*>(closure);
    {
      const std::lock_guard lock(self.mutex);
      ++self.count;
      if (error != nullptr) self.error = error->ErrText != nullptr ? error->ErrText : "a value was not stored";
    }
    self.changed.notify_one();
    natsMsg_Destroy(message);
  }
};

// A put is a message to a subject of the store's stream; this is how values are put without waiting for each.
class StoreWriter : public Writer {
 public:
  StoreWriter(std::uint16_t port, const WriterOptions& options)
      : connection_(connect(port, options.at_once || options.acknowledged)) {
    jsOptions wishes;
    jsOptions_Init(&wishes);
    wishes.PublishAsync.MaxPending = most_pending;
    wishes.PublishAsync.StallWait = patience_ms;
    wishes.PublishAsync.AckHandler = Acknowledged::note;
    wishes.PublishAsync.AckHandlerClosure = &acknowledged_;
    context_ = jet_stream(connection_, wishes);
    store_ = store(context_);
  }
  ~StoreWriter() override {
    js_PublishAsyncComplete(context_.get(), nullptr);
    context_.reset();
    connection_.reset();  // ends the thread that notes acknowledgements
  }

  void publish(std::string_view topic, std::string_view value) override {
    subject_.assign("$KV.").append(bucket).append(".").append(topic);
    const int size = static_cast<int>(value.size());
    check(js_PublishAsync(context_.get(), subject_.c_str(), value.data(), size, nullptr), "put");
  }
  void flush() override {}
  std::size_t await_acknowledgements() override {
    std::unique_lock lock(acknowledged_.mutex);
    acknowledged_.changed.wait(lock, [&] { return acknowledged_.count > seen_; });
    if (!acknowledged_.error.empty()) throw std::runtime_error("JetStream: " + acknowledged_.error);
    return acknowledged_.count - std::exchange(seen_, acknowledged_.count);
  }

 private:
  Acknowledged acknowledged_;
  Connection connection_;
  JetStream context_;
  Store store_;
  std::string subject_;
  std::size_t seen_ = 0;
};

class StoreReader : public Reader {
 public:
  explicit StoreReader(std::uint16_t port) : connection_(connect(port, true)) {
    jsOptions wishes;
    jsOptions_Init(&wishes);
    context_ = jet_stream(connection_, wishes);
    store_ = store(context_);
  }

  // The watcher's first entries are the values that are there; a missing one follows them.
  void subscribe(const Topics&, const Take& take) override {
    kvWatcher* made = nullptr;
    check(kvStore_WatchAll(&made, store_.get(), nullptr), "watch");
    watcher_.reset(made);
    while (take_next(take)) {
    }
  }
  void receive(const Take& take) override { take_next(take); }
  int descriptor() const override { return -1; }

 private:
  bool take_next(const Take& take) {
    kvEntry* entry = nullptr;
    check(kvWatcher_Next(&entry, watcher_.get(), patience_ms), "next entry");
    if (entry == nullptr) return false;
    const Owned<kvEntry, kvEntry_Destroy> owner(entry);
    take(kvEntry_Key(entry),
         {static_cast<const char*>(kvEntry_Value(entry)), static_cast<std::size_t>(kvEntry_ValueLen(entry))});
    return true;
  }

  Connection connection_;
  JetStream context_;
  Store store_;
  Owned<kvWatcher, kvWatcher_Destroy> watcher_;
};

}  // namespace

std::unique_ptr<Writer> make_libnats_writer(PeerKind kind, std::uint16_t port, const WriterOptions& options) {
  if (kind == PeerKind::nats_kv) return std::make_unique<StoreWriter>(port, options);
  return std::make_unique<CoreWriter>(port, options);
}

std::unique_ptr<Reader> make_libnats_reader(PeerKind kind, std::uint16_t port) {
  if (kind == PeerKind::nats_kv) return std::make_unique<StoreReader>(port);
  return std::make_unique<CoreReader>(port);
}

}  // namespace hoiku::bench
