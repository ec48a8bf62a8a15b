#include "cli/messages.hpp"

#include <utility>

#include "hoiku/proto/text.hpp"

namespace hoiku::cli {

std::string message_type_of(const Value& value) {
  const auto* message = value.get_if<MessageBytes>();
  return message != nullptr ? message->type_name : std::string();
}

Task<> Messages::learn(Bus bus, std::string message_type) {
  if (message_type.empty() || by_type_.contains(message_type)) co_return;
  std::optional<MessageSchema> schema;
  try {
    schema = co_await bus.schema(message_type);
  } catch (const Error&) {
    // Without a schema its messages are shown as bytes. If the broker is gone, the next request reports it.
  }
  add(message_type, std::move(schema));
}

void Messages::add(const std::string& message_type, std::optional<MessageSchema> schema) {
  by_type_.insert_or_assign(message_type, std::move(schema));
}

std::optional<std::string> Messages::known(const Value& value) const {
  const auto* message = value.get_if<MessageBytes>();
  if (message == nullptr) return std::nullopt;
  const auto found = by_type_.find(message->type_name);
  if (found == by_type_.end() || !found->second) return std::nullopt;
  auto made = found->second->to_json(message->data);
  if (!made) return std::nullopt;
  return std::move(made).value();
}

std::string Messages::text(const Value& value) const {
  const auto made = known(value);
  return made ? *made : to_display_string(value);
}

std::string Messages::json(const Value& value) const {
  const auto made = known(value);
  if (!made) return to_json(value);
  return R"({"message":)" + to_json(Value(message_type_of(value))) + R"(,"value":)" + text::visible_json(*made) + "}";
}

Value Messages::read(const std::string& message_type, const std::string& json) const {
  const auto found = by_type_.find(message_type);
  if (found == by_type_.end() || !found->second) {
    throw Error(ErrorCode::unavailable, "the broker has no schema of " + text::quote(message_type) +
                                            ": no program that uses the type has registered one");
  }
  auto bytes = found->second->from_json(json);
  if (!bytes) throw Error(bytes.failure());
  return Value(MessageBytes{message_type, std::move(bytes).value()});
}

}  // namespace hoiku::cli
