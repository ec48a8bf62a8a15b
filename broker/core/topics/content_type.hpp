// content_type.hpp: the type of a topic's values, as predicates need it, and predicates that are resolved for one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/value_view.hpp"

namespace hoiku::broker {

class Schemas;
class Topic;

struct ContentType {
  ContentType(ValueType value_type) : type(value_type) {}
  ContentType(ValueType value_type, std::string_view type_of_message, const MessageSchema* message_schema)
      : type(value_type), message_type(type_of_message), schema(message_schema) {}

  ValueType type;                                // null: not known yet
  std::optional<std::string_view> message_type;  // for messages
  const MessageSchema* schema = nullptr;         // for messages; null: not registered
};

// The content of a topic, whose messages are described by `schemas`.
ContentType content_type(const Topic& topic, const Schemas& schemas);
// The content of one value, which outlives the result. `schemas`: null, if no fields are known.
ContentType content_type(const ValueView& value, const Schemas* schemas);

// Errors: those of Predicate::resolved_for().
Result<Predicate> resolved(const Predicate& predicate, const ContentType& content);

// A predicate that is resolved for values of one type.
struct ResolvedPredicate {
  // Errors: those of resolved().
  static Result<ResolvedPredicate> resolve(const Predicate& predicate, const ContentType& content);
  bool is_for(const ContentType& content) const noexcept;

  Predicate predicate;
  ValueType type = ValueType::null;
  std::string message_type;  // for messages
};

}  // namespace hoiku::broker
