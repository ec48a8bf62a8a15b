// content_type.hpp: the type of a topic's values, as predicates need it.
#pragma once

#include <string>

#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::broker {

class Schemas;
class Topic;

struct ContentType {
  ContentType(ValueType of_values) : type(of_values) {}
  ContentType(ValueType of_values, const std::string* of_messages, const MessageSchema* of_fields)
      : type(of_values), message_type(of_messages), schema(of_fields) {}

  ValueType type;                             // null: not known yet
  const std::string* message_type = nullptr;  // of messages
  const MessageSchema* schema = nullptr;      // of them; null: not registered
};

// The content of a topic, whose messages are described by `schemas`.
ContentType content_type(const Topic& topic, const Schemas& schemas);

// Errors: those of Predicate::resolved_for().
Result<Predicate> resolved(const Predicate& predicate, const ContentType& of);

}  // namespace hoiku::broker
