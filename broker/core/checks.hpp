// checks.hpp: the validations that several commands share, and the errors they make.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/value_view.hpp"

namespace hoiku::broker {

// The failure, preceded by its topic or pattern: "topic 'a/b': ...".
Failure about(std::string_view topic, const Failure& failure);

// Error: invalid_argument, if `what` ("an interval") is negative or over Limits::hold_max.
Result<void> check_duration(std::chrono::nanoseconds duration, const char* what, const Limits& limits);

// Errors: too_large; invalid_argument, if it is not UTF-8.
Result<void> check_message_type(std::string_view type_name, const Limits& limits);
// Errors: too_large, if the value, or the name of its message type, is over the limits; invalid_argument, if a string
// or that name is not UTF-8.
Result<void> check_value(const std::string& topic, const ValueView& value, const Limits& limits);

// The bytes that a session keeps for an open request with this predicate.
inline std::size_t kept_bytes(const std::optional<Predicate>& predicate) noexcept {
  return predicate ? predicate->key().size() : 0;
}

}  // namespace hoiku::broker
