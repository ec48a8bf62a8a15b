// store.hpp: where the log is kept. What is in it, in its order, decides every topic's value.
//
// Promises   append() never waits. poll() tells once what became of the records, in the order of the log, at once or
//            much later; on_news() says when it is worth asking. The core makes nothing visible before that.
// Thread     the broker's, except for the callback, see there. Owner: Server (server/server.hpp).
// Fits       a store that is always done at once (memory_store.hpp), a database with group commit on its own thread,
//            and a replicated log, which may answer that another broker has taken over, or not know what has become of
//            a record.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/types.hpp"

namespace hoiku::broker {

struct StoreNews {
  enum class Kind : std::uint8_t {
    committed,  // every record up to `sequence` is as safe as this store makes it: to be told to Core::committed()
    fenced,     // another broker writes this log: nothing after `sequence` is in it, and this broker has to end
    unknown,    // what is after `sequence` may be in the log or not: this broker has to end, and its successor reads it
  };
  Kind kind = Kind::committed;
  std::uint64_t sequence = 0;
  std::string reason;  // for people, unless committed
};

class Store {
 public:
  virtual ~Store() = default;

  // The next records, in order. Their sequences go on where the last ones ended.
  virtual void append(std::vector<Record> records) = 0;

  // Returns news, or nothing. One `committed` may stand for many records.
  virtual std::optional<StoreNews> poll() = 0;

  // `wake` is called when poll() may have something that it did not have before: from any thread, but never from within
  // append() or poll(). A store that is done within append() never calls it; so poll() is asked after append() too.
  virtual void on_news(std::function<void()> wake) = 0;
};

}  // namespace hoiku::broker
