// store.hpp: keeps the log. The records, in their order, decide every topic's value.
//
// Promises   append() never waits. poll() reports each record once, in the order of the log, at once or much later;
//            the callback of on_event() says when to ask. The core commits nothing before that.
// Thread     the broker's, except for the callback of on_event(). A record is read and destroyed on the broker's thread
//            too, because its states are shared with the core: a store with a thread copies in append() what it needs.
//            Owner: Server (server/server.hpp).
// Fits       a store that finishes at once (memory_store.hpp), a database with group commit on its own thread, and a
//            replicated log, which may report that another broker has taken over, or that the fate of a record is
//            unknown.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/types.hpp"

namespace hoiku::broker {

struct StoreEvent {
  enum class Kind : std::uint8_t {
    committed,  // every record up to `sequence` is as safe as this store makes it: the caller calls Core::committed()
    fenced,     // another broker writes this log: nothing after `sequence` is in it, and this broker has to end
    unknown,    // later records may be in the log or not: this broker has to end, and its successor reads the log
  };
  Kind kind = Kind::committed;
  std::uint64_t sequence = 0;
  std::string reason;  // for people; empty if committed
};

class Store {
 public:
  virtual ~Store() = default;

  // The next records, in order. Their sequences continue those of the last call.
  virtual void append(std::vector<Record> records) = 0;

  // Returns the next event, or nothing. One `committed` may stand for many records.
  virtual std::optional<StoreEvent> poll() = 0;

  // The store calls `wake` when poll() may have an event: from any thread, but never from within append() or poll(). A
  // store that finishes within append() never calls it, so the caller also polls after append().
  virtual void on_event(std::function<void()> wake) = 0;
};

}  // namespace hoiku::broker
