// messages.hpp: messages as text and JSON, by the schemas that the broker has. Messages without a schema are shown as
// bytes.
//
// Promises   asks the broker once for each type.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "hoiku/client/bus.hpp"
#include "hoiku/proto/schema.hpp"

namespace hoiku::cli {

class Messages {
 public:
  // Fetches the schema of a type; required before its values are written. Does nothing if `message_type` is empty.
  Task<> learn(Bus bus, std::string message_type);
  void add(const std::string& message_type, std::optional<MessageSchema> schema);

  // The value as text: a message as the JSON that `hoiku set` takes, other values as in to_display_string().
  std::string text(const Value& value) const;
  // The value as JSON: a message as {"message":"its.Type","value":{…}}, other values as in to_json().
  std::string json(const Value& value) const;
  // Reads a message from JSON. Throws Error(invalid_argument), which names the wrong field.
  Value read(const std::string& message_type, const std::string& json) const;

 private:
  std::optional<std::string> known(const Value& value) const;
  std::map<std::string, std::optional<MessageSchema>> by_type_;
};

// The type of a message. Empty for other values.
std::string message_type_of(const Value& value);

}  // namespace hoiku::cli
