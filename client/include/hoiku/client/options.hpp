// options.hpp: what may be given beside a name or a value: Bus::connect(nursery, endpoint, client_name("robot")).
//
// Each option is made by a function of this header and given in any order. Each is a class with a constructor, never an
// aggregate, so that it may stand in a co_await expression: g++ 12 destroys an aggregate there twice.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/link/link_kind.hpp"
#include "hoiku/proto/transition.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The tag tells options apart that hold the same type.
template <class Tag, class T>
class Option {
 public:
  explicit Option(T value) : value_(std::move(value)) {}
  const T& value() const noexcept { return value_; }

 private:
  T value_;
};

// ---- Bus::connect

// The label that people read in the inspector and in the broker's log. Not an identity: two clients may have one name.
using ClientName = Option<struct ClientNameTag, std::string>;
inline ClientName client_name(std::string name) { return ClientName(std::move(name)); }

// How long the broker keeps the session of a client that it does not hear. A client that reconnects sooner loses
// nothing. The broker raises it to its shortest one, 100 ms: also a time of zero.
using SessionTimeout = Option<struct SessionTimeoutTag, std::chrono::milliseconds>;
inline SessionTimeout session_timeout(std::chrono::milliseconds timeout) { return SessionTimeout(timeout); }

// How long Bus::connect tries before it throws. Zero: it throws at its first wait.
using ConnectTimeout = Option<struct ConnectTimeoutTag, Duration>;
inline ConnectTimeout connect_timeout(Duration timeout) { return ConnectTimeout(timeout); }

// The implementation of the link to a tcp or ipc endpoint.
using LinkKindOption = Option<struct LinkKindTag, LinkKind>;
inline LinkKindOption link_kind(LinkKind kind) { return LinkKindOption(kind); }

// An event of the connection. `text` is a sentence for people.
struct ConnectionEvent {
  enum class Kind : unsigned char {
    connected,  // for the first time
    refused,    // an attempt failed; the next one comes after a pause
    lost,       // the connection broke
    resumed,    // it is back, and nothing was lost
    renewed,    // it is back, but the session had expired at the broker: subscriptions and waits were made again
    restarted,  // it is back, at a broker that was restarted: subscriptions and waits were made again
  };
  Kind kind;
  std::string text;
};

// Called on the loop at each event. It must not wait; what it throws ends the Bus, and with it the nursery. Without
// this option a Bus that was connected to an endpoint writes a line to standard error when the connection is lost and
// when it is back: "robot: the connection to tcp://… is lost (…); trying again". A function that does nothing keeps it
// silent.
using OnConnectionEvent = Option<struct OnConnectionEventTag, std::function<void(const ConnectionEvent&)>>;
template <class F>
OnConnectionEvent on_connection_event(F&& function) {
  detail::check_closure<F>();
  detail::check_function<F&, const ConnectionEvent&>();
  return OnConnectionEvent(std::forward<F>(function));
}

// The session's secret, in place of one from the system's secure source: for simulations that are replayed.
using FixedSessionToken = Option<struct FixedSessionTokenTag, std::array<std::uint8_t, 16>>;
inline FixedSessionToken fixed_session_token(std::array<std::uint8_t, 16> token) { return FixedSessionToken(token); }

namespace detail {

template <class T, class... Ts>
concept AnyOf = (std::same_as<T, Ts> || ...);

template <class T>
concept ConnectOption =
    AnyOf<T, ClientName, SessionTimeout, ConnectTimeout, LinkKindOption, OnConnectionEvent, FixedSessionToken>;

class ConnectOptions {
 public:
  ConnectOptions() = default;
  template <ConnectOption... Options>
  static ConnectOptions of(Options... options) {
    ConnectOptions made;
    (made.take(std::move(options)), ...);
    return made;
  }

  std::string name = "unnamed";
  std::chrono::milliseconds session_timeout{3000};
  Duration connect_timeout = std::chrono::seconds(5);
  LinkKind link = default_link_kind;
  std::function<void(const ConnectionEvent&)> on_event;
  std::optional<std::array<std::uint8_t, 16>> token;

 private:
  void take(const ClientName& option) { name = option.value(); }
  // On the wire zero asks for the broker's default.
  void take(const SessionTimeout& option) {
    const std::chrono::milliseconds wanted = option.value();
    session_timeout = wanted.count() == 0 ? std::chrono::milliseconds(1) : wanted;
  }
  void take(const ConnectTimeout& option) { connect_timeout = option.value(); }
  void take(const LinkKindOption& option) { link = option.value(); }
  void take(const OnConnectionEvent& option) { on_event = option.value(); }
  void take(const FixedSessionToken& option) { token = option.value(); }
};

}  // namespace detail

// ---- Topic::set

// The write is applied only if this is still the topic's version; otherwise VersionConflict. A version belongs to one
// state: whatever was unset, made anew or restarted in between, no other state has it. Version{} (number 0) means: only
// if the topic is not set now. Throws Error(invalid_argument) for a number without an epoch.
class IfVersion : public Option<struct IfVersionTag, std::optional<Version>> {
 public:
  IfVersion() : Option(std::nullopt) {}  // any version
  explicit IfVersion(Version version) : Option(version) {}
};
inline IfVersion if_version(Version version) { return IfVersion(version); }

// ---- Topic::set and Topic::post

// When the value was measured, by the clock of its source. Readers see it as `source_time`. Setting an equal value
// changes nothing, so that the time of the first measurement stays.
using MeasuredAt = Option<struct MeasuredAtTag, WallTime>;
template <class D>
MeasuredAt measured_at(std::chrono::sys_time<D> time) {
  return MeasuredAt(std::chrono::floor<WallTime::duration>(time));
}

namespace detail {

template <class T>
concept SetOption = AnyOf<T, IfVersion, MeasuredAt>;

class SetOptions {
 public:
  template <SetOption... Options>
  static SetOptions of(const Options&... options) {
    SetOptions made;
    (made.take(options), ...);
    return made;
  }

  std::optional<Version> if_version;
  std::optional<WallTime> source_time;

 private:
  void take(const IfVersion& option) { if_version = option.value(); }
  void take(const MeasuredAt& option) { source_time = option.value(); }
};

}  // namespace detail

// ---- Topic::post

// Only the latest value counts: a post with this option replaces the last such post of its topic, if that has not left
// yet.
struct LatestOnly {};
inline constexpr LatestOnly latest_only{};

namespace detail {

template <class T>
concept PostOption = AnyOf<T, LatestOnly, MeasuredAt>;

class PostOptions {
 public:
  template <PostOption... Options>
  static PostOptions of(const Options&... options) {
    PostOptions made;
    (made.take(options), ...);
    return made;
  }

  bool latest_only = false;
  std::optional<WallTime> source_time;

 private:
  void take(const LatestOnly&) { latest_only = true; }
  void take(const MeasuredAt& option) { source_time = option.value(); }
};

}  // namespace detail

// ---- Topic::wait_transition

// Only transitions after this version. Version{} (number 0) is before the first one. Throws Error(invalid_argument) for
// a number without an epoch.
using After = Option<struct AfterTag, Version>;
inline After after(Version version) { return After(version); }

// ---- Topic::declare

// A value that has not been set for this long, not even to an equal value, is stale. Throws Error(invalid_argument) for
// a time of zero, which may have been computed and would mean "never", and for a negative one.
using TopicDeadline = Option<struct TopicDeadlineTag, Duration>;
TopicDeadline deadline(Duration after);

// Takes the topic's deadline away: its values do not become stale.
struct NoDeadline {};
inline constexpr NoDeadline no_deadline{};

// How many transitions of the topic the broker keeps, for readers of every transition.
using TopicHistory = Option<struct TopicHistoryTag, std::uint64_t>;
inline TopicHistory history(std::uint64_t transitions) { return TopicHistory(transitions); }

// ---- Topic::own

// The value that the topic gets when its lease ends.
template <class V>
using LastWill = Option<struct LastWillTag, V>;
template <class V>
LastWill<std::decay_t<V>> last_will(V&& will) {
  detail::check_argument<V>();
  return LastWill<std::decay_t<V>>(std::forward<V>(will));
}

// Takes the topic from its present owner, without executing that owner's last will.
struct TakeOver {};
inline constexpr TakeOver take_over{};

// The lease expires after this time, if it has not ended before. Throws Error(invalid_argument) for a time of zero,
// which may have been computed and would mean "as long as the session", and for a negative one.
using Lasting = Option<struct LastingTag, Duration>;
Lasting lasting(Duration time);

}  // namespace hoiku
