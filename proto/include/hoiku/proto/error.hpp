// error.hpp: the errors of the bus, with numbers that peers of any version understand.
//
// The broker, the codec and the client's session return errors as values (`Result<T>`). The client's public API throws
// them as `Error` or a class derived from it. The number of a code is never reused. Unknown numbers of a newer peer are
// kept as they are.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace [[gnu::visibility("default")]] hoiku {

enum class ErrorCode : std::uint32_t {
  invalid_topic = 1,         // a name or pattern breaks the rules of topic_name.hpp
  invalid_predicate = 2,     // a predicate does not parse, is too large, or is not possible for the topic's type
  type_mismatch = 3,         // the topic holds values of another type
  version_conflict = 4,      // the topic has another version than if_version
  too_large = 5,             // a value or frame is over its limit
  limit_exceeded = 6,        // a count is over its limit (topics, sessions, subscriptions, requests in flight)
  unavailable = 7,           // no broker answers, or it is shutting down
  outcome_unknown = 8,       // the session was lost while the write was in flight: it may or may not have been applied
  protocol_violation = 9,    // bytes that no correct peer sends
  unsupported_version = 10,  // the peer speaks another version of the protocol
  session_lost = 11,         // the broker no longer knows the session
  not_owner = 12,            // the topic has another owner, or the lease has ended
  permission_denied = 13,    // the client may not do this, such as writing a topic of the broker
  lagged = 14,               // the topic's history no longer has the requested transitions
  invalid_argument = 15,     // a request that makes no sense, such as a negative duration
};

// The name in logs, on the command line and in the documentation; "error_<n>" for an unknown number.
std::string to_string(ErrorCode code);

// An error as a value. `message` is one sentence that names the subject and says what to do.
struct Failure {
  ErrorCode code;
  std::string message;

  friend bool operator==(const Failure&, const Failure&) = default;
};

// The base class of all errors that the client throws because of the outside world. Cancellation is not an error.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  explicit Error(const Failure& failure) : Error(failure.code, failure.message) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

// A T or a Failure. Used as: `if (!result) return result.failure();`
template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Failure& failure() const { return std::get<1>(state_); }

 private:
  std::variant<T, Failure> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Failure failure) : state_(std::move(failure)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  const Failure& failure() const { return std::get<1>(state_); }

 private:
  std::variant<std::monostate, Failure> state_;
};

}  // namespace hoiku
