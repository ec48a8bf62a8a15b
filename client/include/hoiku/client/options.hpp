// options.hpp: what may be said beside a name or a value. Each is a class with a constructor, so that it may stand
// inside a co_await expression (g++ 12).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/transition.hpp"

namespace hoiku {

// ---- Bus::connect

// What a person reads in the inspector and in the broker's log. Not an identity: two clients may have one name.
class ClientName {
 public:
  explicit ClientName(std::string name) : name_(std::move(name)) {}
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
};
inline ClientName client_name(std::string name) { return ClientName(std::move(name)); }

// How long the broker keeps the session of a client that it does not hear. A client that comes back sooner has lost nothing.
class SessionTimeout {
 public:
  explicit SessionTimeout(std::chrono::milliseconds timeout) : timeout_(timeout) {}
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }

 private:
  std::chrono::milliseconds timeout_;
};
inline SessionTimeout session_timeout(std::chrono::milliseconds timeout) { return SessionTimeout(timeout); }

// How long Bus::connect tries before it throws.
class ConnectTimeout {
 public:
  explicit ConnectTimeout(Duration timeout) : timeout_(timeout) {}
  Duration timeout() const noexcept { return timeout_; }

 private:
  Duration timeout_;
};
inline ConnectTimeout connect_timeout(Duration timeout) { return ConnectTimeout(timeout); }

// What happened to the connection. `text` is a sentence for people.
struct ConnectionEvent {
  enum class Kind : unsigned char {
    connected,  // for the first time
    refused,    // an attempt failed; the next one comes after a pause
    lost,       // the connection broke
    resumed,    // it is back, and nothing was lost
    renewed,    // it is back, but the broker had given the session up: everything was subscribed anew
    restarted,  // the same, to a broker that was restarted
  };
  Kind kind;
  std::string text;
};

// Called on the loop, at each event. It must not wait; what it throws ends the Bus, and with it the nursery.
// Where nobody asks for the events, a Bus that was connected to an endpoint writes a line to standard error when the
// connection is lost and when it is back: "robot: the connection to tcp://… is lost (…); trying again". A function that
// does nothing keeps it silent.
class OnConnectionEvent {
 public:
  explicit OnConnectionEvent(std::function<void(const ConnectionEvent&)> function) : function_(std::move(function)) {}
  const std::function<void(const ConnectionEvent&)>& function() const noexcept { return function_; }

 private:
  std::function<void(const ConnectionEvent&)> function_;
};
template <class F>
OnConnectionEvent on_connection_event(F&& function) {
  detail::check_closure<F>();
  return OnConnectionEvent(std::forward<F>(function));
}

// The session's secret, where it shall not be drawn from the system's secure source: for simulations that are replayed.
class FixedSessionToken {
 public:
  explicit FixedSessionToken(proto::SessionToken token) : token_(token) {}
  const proto::SessionToken& token() const noexcept { return token_; }

 private:
  proto::SessionToken token_;
};
inline FixedSessionToken fixed_session_token(proto::SessionToken token) { return FixedSessionToken(token); }

namespace detail {

class ConnectOptions {
 public:
  ConnectOptions() = default;
  template <class... Options>
  static ConnectOptions of(Options&&... options) {
    ConnectOptions made;
    (made.take(std::forward<Options>(options)), ...);
    return made;
  }

  std::string name = "unnamed";
  std::chrono::milliseconds session_timeout{3000};
  Duration connect_timeout = std::chrono::seconds(5);
  std::function<void(const ConnectionEvent&)> on_event;
  std::optional<proto::SessionToken> token;

 private:
  void take(const ClientName& option) { name = option.name(); }
  void take(const SessionTimeout& option) { session_timeout = option.timeout(); }
  void take(const ConnectTimeout& option) { connect_timeout = option.timeout(); }
  void take(const OnConnectionEvent& option) { on_event = option.function(); }
  void take(const FixedSessionToken& option) { token = option.token(); }
};

template <class T>
concept ConnectOption =
    std::same_as<T, ClientName> || std::same_as<T, SessionTimeout> || std::same_as<T, ConnectTimeout> ||
    std::same_as<T, OnConnectionEvent> || std::same_as<T, FixedSessionToken>;

}  // namespace detail

// ---- Topic::wait_transition

// Only changes behind this version. Version{} (number 0) is before the first one; an epoch of 0 with a number means the
// present epoch.
class After {
 public:
  explicit After(Version version) : version_(version) {}
  Version version() const noexcept { return version_; }

 private:
  Version version_;
};
inline After after(Version version) { return After(version); }

// ---- Topic::post

// Only the newest counts: a post that has not left yet, and was made with this too, is replaced by the next one of its topic.
struct LatestOnly {};
inline constexpr LatestOnly latest_only{};

// ---- Topic::declare

// A value that was not written, nor set again, for so long is stale. Zero: never.
class TopicDeadline {
 public:
  explicit TopicDeadline(Duration after) : after_(after) {}
  Duration after() const noexcept { return after_; }

 private:
  Duration after_;
};
inline TopicDeadline deadline(Duration after) { return TopicDeadline(after); }

// How many transitions the broker keeps of the topic, for those who read every one.
class TopicHistory {
 public:
  explicit TopicHistory(std::uint64_t transitions) : transitions_(transitions) {}
  std::uint64_t transitions() const noexcept { return transitions_; }

 private:
  std::uint64_t transitions_;
};
inline TopicHistory history(std::uint64_t transitions) { return TopicHistory(transitions); }

// ---- Topic::own

// What the topic becomes when its owner is gone.
template <class V>
class LastWill {
 public:
  explicit LastWill(V will) : will_(std::move(will)) {}
  const V& will() const noexcept { return will_; }

 private:
  V will_;
};
template <class V>
LastWill<V> last_will(V will) {
  return LastWill<V>(std::move(will));
}

// From whoever owns it now, without its last will.
struct TakeOver {};
inline constexpr TakeOver take_over{};

// The lease ends after that time, if it has not ended before.
class Lasting {
 public:
  explicit Lasting(Duration time) : time_(time) {}
  Duration time() const noexcept { return time_; }

 private:
  Duration time_;
};
inline Lasting lasting(Duration time) { return Lasting(time); }

// ---- Topic::set

// The write is applied only where this is still the topic's version; VersionConflict otherwise. Version{} (number 0)
// means: only where it was never set. An epoch of 0 with a number means the present epoch.
class IfVersion {
 public:
  IfVersion() = default;  // whatever the version is
  explicit IfVersion(Version version) : version_(version) {}
  const std::optional<Version>& version() const noexcept { return version_; }

 private:
  std::optional<Version> version_;
};
inline IfVersion if_version(Version version) { return IfVersion(version); }

}  // namespace hoiku
