// bus.hpp: a service's presence on the bus. A cheap handle; give it by value.
//
// Lifetime   the connection belongs to the nursery that it was made in: when the nursery's body and all its other
//            children have ended, also by cancellation, the Bus sends what is waiting, says goodbye (at most 1 s) and ends.
//            Where the connection is lost just then it ends at once, and nobody is told of posts that were not sent: whoever
//            has to know flushes first. Handles that outlive it throw Closed, or the error that ended it.
// Connection made again by itself when it breaks. Within the session's timeout nothing is lost; after it, and after a
//            restart of the broker, subscriptions and waits are made anew, and a write that was in flight fails with
//            outcome_unknown. What only this client can't repair (a broker that speaks another protocol) ends the
//            nursery with an Error.
// Thread     the loop's.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hoiku/async/async_value.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/client/pattern_subscription.hpp"
#include "hoiku/client/topic.hpp"
#include "hoiku/client/transaction.hpp"
#include "hoiku/link/link.hpp"
#include "hoiku/proto/schema.hpp"

namespace hoiku {

enum class ConnectionState : unsigned char { connecting, connected, lost, ended };

struct BusStatistics {
  std::size_t open_requests = 0;  // waits, subscriptions, and verbs whose answer is awaited
  std::uint64_t reconnects = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t conflated_posts = 0;  // that a newer one replaced before they had left
};

// One topic, as it was when the broker looked.
struct TopicInfo {
  TransitionPtr state;        // never null; version.number 0: never set, but somebody reads it
  std::uint64_t readers = 0;  // subscriptions and waits on it, of all clients
};

// One subscription at the broker. Of the transitions of its topics since its snapshot
// written == delivered + conflated + filtered + lagged + pending, at every moment.
struct ReaderInfo {
  std::string client;   // the client's name
  std::string session;  // the session's label: the last segment of its $hoiku/sessions topic
  std::vector<std::string> topics;
  Mode mode = Mode::latest;
  std::string filter;  // in its normal form
  std::chrono::nanoseconds interval{0};
  std::uint64_t matched = 0;  // topics
  std::uint64_t written = 0;  // transitions of these topics
  std::uint64_t delivered = 0;
  std::uint64_t conflated = 0;  // replaced by a newer one before they could be sent
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;
  std::uint64_t pending = 0;  // not sent yet
};

class Bus;

namespace detail {
Task<Bus> connect_bus(Nursery& nursery, std::string endpoint, ConnectOptions options);
Task<Bus> connect_bus(Nursery& nursery, std::shared_ptr<link::Connector> connector, ConnectOptions options);
void register_schema(const BusPtr& bus, const MessageSchema& schema);
}  // namespace detail

class Bus {
 public:
  explicit Bus(detail::BusPtr core) : core_(std::move(core)) {}

  // Connects to tcp://HOST:PORT, ipc://PATH, or inproc://NAME of a Broker in this process. Throws Error(unavailable) when no
  // broker answers within connect_timeout (5 s), what a broker that refuses says, and Error(invalid_argument) for an endpoint
  // that makes no sense.
  template <detail::ConnectOption... Options>
  static Task<Bus> connect(Nursery& nursery, std::string endpoint, Options... options) {
    return detail::connect_bus(nursery, std::move(endpoint), detail::ConnectOptions::of(std::move(options)...));
  }
  // The same over any transport: for simulations.
  template <detail::ConnectOption... Options>
  static Task<Bus> connect(Nursery& nursery, std::shared_ptr<link::Connector> connector, Options... options) {
    return detail::connect_bus(nursery, std::move(connector), detail::ConnectOptions::of(std::move(options)...));
  }

  // Throws Error(invalid_topic), which says what is wrong with the name. Waits for nothing. Of a Protobuf message that is not
  // lite the first one tells the broker what it looks like, before anything is done with the topic; where that does not go
  // with what other programs said (MessageSchema: check_compatible), the nursery ends with TypeMismatch.
  template <class T>
  Topic<T> topic(std::string name) const {
    static_assert(
        TopicType<T>,
        "a topic holds a bool, a number, an enumeration, a std::string, Bytes, a hoiku::Value, a Protobuf message "
        "(include hoiku/protobuf.hpp), a type with TopicTraits, or a std::optional of one of these");
    if constexpr (TopicType<T>) {
      detail::TopicCore made = core(std::move(name));
      if (const MessageSchema* schema = detail::schema_of<T>()) detail::register_schema(core_, *schema);
      return Topic<T>(std::move(made));
    }
  }
  Topic<Value> topic_value(std::string name) const { return topic<Value>(std::move(name)); }

  // All topics that match: '*' is one segment, '**' any number. In Mode::every each transition, as far as the broker's
  // history of the topic goes. Options, in any order: a Mode, where("value > 3"), at_most_every(100ms); see subscribe_options.hpp.
  template <detail::WatchOption... Options>
  PatternSubscription watch(std::string pattern, Options... options) const {
    return PatternSubscription(core_, std::move(pattern), detail::SubscribeOptions::of(std::move(options)...));
  }

  // The topics that match, sorted by name, with how many read each. Asks for one page after the other, so it is not a cut at
  // one revision: each row is true of its own moment, and what comes or goes meanwhile may be missing. Creates nothing.
  // Throws Error(invalid_topic), which says what is wrong with the pattern.
  Task<std::vector<TopicInfo>> list(std::string pattern = "**") const;

  // What messages of the type look like, as far as somebody has said; for programs that know no type themselves.
  Task<std::optional<MessageSchema>> schema(std::string message_type) const;

  // Who reads what, of all clients, in the order in which they began. In pages, as list().
  Task<std::vector<ReaderInfo>> readers() const;

  // Several writes as one: bus.commit([&](Transaction& both) { both.set(a, 1); both.set(b, "x"); }). `fill` is called at
  // once. All are applied, in one revision, or none, with the error of the first that can't be: VersionConflict, TypeMismatch,
  // Error(invalid_argument) where a topic stands in it twice. Retried and cancelled as a set is. An empty one does nothing.
  template <class F>
  Task<Committed> commit(F&& fill) const {
    static_assert(std::is_invocable_r_v<void, F&, Transaction&>,
                  "commit() takes a function of a Transaction& that puts its writes in, and returns nothing");
    detail::check_closure<F>();
    Transaction transaction(core_);
    std::invoke(fill, transaction);
    return std::move(transaction).commit();
  }

  // Waits until there is room for a burst of posts (Topic::post): for half of what may be on its way at most.
  Task<> writable() const;
  // Waits until all posts that were made so far are acknowledged. Throws Error(outcome_unknown) where some were in flight when
  // the session was lost, since the last flush. (What the broker refuses ends the nursery.)
  Task<> flush() const;

  // The state of the connection, as a value that can be waited on. Lives as long as a handle of this Bus.
  ReadableValue<ConnectionState>& connection() const;
  BusStatistics statistics() const;
  std::string endpoint() const;

 private:
  detail::TopicCore core(std::string name) const;
  detail::BusPtr core_;
};

}  // namespace hoiku
