// bus.hpp: the connection of a service to a broker. A cheap handle; pass it by value.
//
//   Bus bus = co_await Bus::connect(nursery, client_name("robot"));     // at HOIKU_ENDPOINT, or tcp://127.0.0.1:7411
//   Bus bus = co_await Bus::connect(nursery, "tcp://robot:7411", client_name("robot"));
//   Topic<int> battery = bus.topic<int>("battery");                     // topic.hpp
//   PatternSubscription all = bus.watch("sensor/**");                   // pattern_subscription.hpp
//   co_await bus.commit([&](Transaction& both) { both.set(a, 1); both.set(b, "x"); });
//   for (const TopicInfo& row : co_await bus.list("sensor/**")) ...
//
// Lifetime   the Bus belongs to the nursery in which it was made. When the nursery's body and all its other children
//            have ended, also by cancellation, the Bus sends what is queued, says goodbye (at most 1 s) and ends. If
//            the connection is lost at that moment, the Bus ends at once, and unsent posts are discarded: flush() first
//            if that matters. Handles that outlive the Bus throw Closed, or the error that ended it.
// Reconnect  a broken connection is made again. Within the session's timeout nothing is lost. After it, and after a
//            restart of the broker, subscriptions and waits are made again, and a write that was in flight fails with
//            outcome_unknown. A failure that this client cannot repair (a broker that speaks another protocol) ends the
//            nursery with an Error.
// Thread     the loop's, which ran connect(): on any other thread every verb of the Bus, of its topics and of its
//            readers throws std::logic_error at once, and changes nothing. Handles may be copied and destroyed on any
//            thread, but leases and readers end on the loop's. Other threads post through remote().
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
#include "hoiku/client/remote_bus.hpp"
#include "hoiku/client/topic.hpp"
#include "hoiku/client/topic_pages.hpp"
#include "hoiku/client/transaction.hpp"
#include "hoiku/link/link.hpp"
#include "hoiku/proto/schema.hpp"

namespace [[gnu::visibility("default")]] hoiku {

enum class ConnectionState : unsigned char { connecting, connected, lost, ended };

struct BusStatistics {
  std::size_t open_requests = 0;  // waits, subscriptions, leases, and verbs whose answer is awaited
  std::uint64_t reconnects = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t conflated_posts = 0;  // replaced by a newer one before they had left
};

// One subscription at the broker. It counts the transitions of its topics since its snapshot; at every moment
// written == delivered + in_flight + conflated + filtered + lagged + pending.
struct ReaderInfo {
  std::string client;   // the client's name
  std::string session;  // the session's label: the last segment of its $hoiku/sessions topic
  std::vector<std::string> topics;
  Mode mode = Mode::latest;
  std::string filter;  // in its normal form
  std::chrono::nanoseconds interval{0};
  std::uint64_t matched = 0;    // topics
  std::uint64_t written = 0;    // transitions of these topics
  std::uint64_t delivered = 0;  // its client has acknowledged them
  std::uint64_t in_flight = 0;  // sent, and not acknowledged: they stay if the client has stopped
  std::uint64_t conflated = 0;  // replaced by a newer one before they could be sent
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;
  std::uint64_t pending = 0;  // not sent yet
};

class Bus;

namespace detail {
Task<Bus> connect_bus(Nursery& nursery, ConnectOptions options);
Task<Bus> connect_bus(Nursery& nursery, std::string endpoint, ConnectOptions options);
Task<Bus> connect_bus(Nursery& nursery, std::shared_ptr<link::Connector> connector, ConnectOptions options);
void register_schema(const BusPtr& bus, const MessageSchema& schema);
void require_loop(const BusPtr& bus);
}  // namespace detail

class Bus {
 public:
  explicit Bus(detail::BusPtr core) : core_(std::move(core)) {}

  // Connects to tcp://HOST:PORT, ipc://PATH, or inproc://NAME of a Broker in this process. Throws Error(unavailable) if
  // no broker answers within connect_timeout (5 s), the broker's error if it rejects the client, and
  // Error(invalid_argument) for an invalid endpoint.
  template <detail::ConnectOption... Options>
  static Task<Bus> connect(Nursery& nursery, std::string endpoint, Options... options) {
    return detail::connect_bus(nursery, std::move(endpoint), detail::ConnectOptions::of(std::move(options)...));
  }
  // Connects to the endpoint of the environment variable HOIKU_ENDPOINT; if that is not set, or empty, to
  // tcp://127.0.0.1:7411. An error that the variable causes names it.
  template <detail::ConnectOption... Options>
  static Task<Bus> connect(Nursery& nursery, Options... options) {
    return detail::connect_bus(nursery, detail::ConnectOptions::of(std::move(options)...));
  }
  // Connects over any transport: for simulations.
  template <detail::ConnectOption... Options>
  static Task<Bus> connect(Nursery& nursery, std::shared_ptr<link::Connector> connector, Options... options) {
    return detail::connect_bus(nursery, std::move(connector), detail::ConnectOptions::of(std::move(options)...));
  }

  // Makes a handle, without waiting. Throws Error(invalid_topic), which says what is wrong with the name. The first
  // topic of a Protobuf message type that is not lite tells the broker the type's schema, before anything is done with
  // the topic. If that is incompatible with what other programs have registered (MessageSchema::check_compatible), the
  // nursery ends with TypeMismatch.
  template <class T>
  auto topic(std::string name) const {  // a Topic<T>
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

  // Reads all topics that match: '*' is one segment, '**' any number. In Mode::every each transition, as far as the
  // broker's history of the topic goes. Options (subscribe_options.hpp), in any order: a Mode, where("value > 3"),
  // at_most_every(100ms).
  template <detail::WatchOption... Options>
  PatternSubscription watch(std::string pattern, Options... options) const {
    return PatternSubscription(core_, std::move(pattern), detail::SubscribeOptions::of(std::move(options)...));
  }

  // Returns the topics that match, sorted by name, with the number of readers of each. Creates no topic. The broker is
  // asked for one page after the other: each row is true of its own moment, and a topic that comes or goes meanwhile
  // may be missing. Throws Error(invalid_topic), which says what is wrong with the pattern.
  Task<std::vector<TopicInfo>> list(std::string pattern = "**") const;
  // The same, page by page and unsorted: topic_pages.hpp. A million topics take half a gigabyte as one list.
  TopicPages list_pages(std::string pattern = "**") const;

  // Returns the schema of a message type, if a program has registered it: for programs without the type's code.
  Task<std::optional<MessageSchema>> schema(std::string message_type) const;

  // Returns all clients' subscriptions, in the order in which they began. In pages, as list().
  Task<std::vector<ReaderInfo>> readers() const;

  // Applies several writes in one revision, or none of them. `fill` puts them into the Transaction, and is called at
  // once. Throws the error of the first write that cannot be applied: VersionConflict, TypeMismatch, or
  // Error(invalid_argument) if a topic appears twice. Cancelled, or failed with outcome_unknown, it may have been
  // applied, as a set. An empty transaction does nothing.
  template <class F>
  Task<Committed> commit(F&& fill) const {
    detail::check_function<F&, Transaction&>();
    static_assert(std::is_invocable_r_v<void, F&, Transaction&>,
                  "commit() takes a function of a Transaction& that puts its writes in, and returns nothing");
    detail::check_closure<F>();
    detail::require_loop(core_);
    Transaction transaction(core_);
    if constexpr (!detail::Coroutine<F&, Transaction&>) std::invoke(fill, transaction);
    return std::move(transaction).commit();
  }

  // Waits until there is room for a burst of posts (Topic::post): half of the limits.
  Task<> writable() const;
  // Waits until all posts that were made so far are settled. Throws Error(outcome_unknown) if the session was lost
  // before some were, since the last flush; and the broker's error if it refused a post, which also ends the nursery.
  // So all posts were applied when it returns.
  Task<> flush() const;
  // Returns a handle whose post() any thread may call: remote_bus.hpp. All such handles of a Bus share one queue.
  // Throws Closed, or the error that ended the Bus, when the Bus has ended.
  RemoteBus remote() const;

  // The state of the connection, to be read and waited on. Lives as long as a handle of this Bus.
  ReadableValue<ConnectionState>& connection() const;
  BusStatistics statistics() const;
  std::string endpoint() const;

 private:
  detail::TopicCore core(std::string name) const;
  detail::BusPtr core_;
};

}  // namespace hoiku
