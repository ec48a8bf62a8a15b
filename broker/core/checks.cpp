#include "broker/core/checks.hpp"

#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

Failure about(std::string_view topic, const Failure& failure) {
  return {failure.code, (is_plain_name(topic) ? "topic " : "pattern ") + text::quote(topic) + ": " + failure.message};
}

Result<void> check_duration(std::chrono::nanoseconds duration, const char* what, const Limits& limits) {
  if (duration.count() < 0) return Failure{ErrorCode::invalid_argument, std::string(what) + " cannot be negative"};
  if (duration > limits.hold_max)
    return Failure{ErrorCode::invalid_argument,
                   std::string(what) + " exceeds the limit of " + duration_text(limits.hold_max)};
  return {};
}

Result<void> check_message_type(std::string_view type_name, const Limits& limits) {
  if (!text::is_utf8(type_name))
    return Failure{ErrorCode::invalid_argument, "the message type " + text::quote(type_name) + " is not UTF-8"};
  if (type_name.size() <= limits.message_type_bytes_max) return {};
  return Failure{ErrorCode::too_large, "the message type " + text::quote(type_name) + " has a name of " +
                                           std::to_string(type_name.size()) + " bytes; the limit is " +
                                           std::to_string(limits.message_type_bytes_max)};
}

Result<void> check_value(const std::string& topic, const ValueView& value, const Limits& limits) {
  if (value.type == ValueType::message) {
    if (auto checked = check_message_type(value.type_name, limits); !checked) return about(topic, checked.failure());
  }
  if (value.payload_bytes() > limits.value_bytes_max) {
    return Failure{ErrorCode::too_large, "the value for topic " + text::quote(topic) + " exceeds the limit of " +
                                             std::to_string(limits.value_bytes_max) + " bytes"};
  }
  if (value.type == ValueType::string && !text::is_utf8(value.content)) {
    return Failure{ErrorCode::invalid_argument,
                   "the string for topic " + text::quote(topic) + " is not UTF-8; bytes hold anything"};
  }
  return {};
}

}  // namespace hoiku::broker
