// messages.hpp: messages as people and scripts read and write them, by the schemas that the broker has. What it has none of
// is shown as bytes.
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
  // Before values of that type are written; of what is no message the type is empty, and nothing is asked.
  Task<> learn(Bus bus, std::string message_type);
  void add(const std::string& message_type, std::optional<MessageSchema> schema);

  // A message is its JSON, as `hoiku set` takes it; anything else as to_display_string() has it.
  std::string text(const Value& value) const;
  // {"message":"its.Type","value":{…}}; anything else as to_json() has it.
  std::string json(const Value& value) const;
  // Error(invalid_argument) names the field that is wrong.
  Value read(const std::string& message_type, const std::string& json) const;

 private:
  std::optional<std::string> known(const Value& value) const;
  std::map<std::string, std::optional<MessageSchema>> by_type_;
};

std::string message_type_of(const Value& value);

}  // namespace hoiku::cli
