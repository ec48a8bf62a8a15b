#include "broker/core/topics/content_type.hpp"

#include <utility>

#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

ContentType content_type(const Topic& topic, const Schemas& schemas) {
  const TopicType type = topic.type();
  if (!type.message_type) return {type.type};
  return {type.type, *type.message_type, schemas.find(*type.message_type)};
}

ContentType content_type(const ValueView& value, const Schemas* schemas) {
  if (value.type != ValueType::message) return {value.type};
  return {value.type, value.type_name, schemas == nullptr ? nullptr : schemas->find(value.type_name)};
}

Result<Predicate> resolved(const Predicate& predicate, const ContentType& content) {
  if (content.message_type && content.schema == nullptr && predicate.fields() > 0) {
    return Failure{
        ErrorCode::invalid_predicate,
        "the predicate names fields of " + text::quote(*content.message_type) +
            ", whose schema is not registered: Bus::topic registers it for a Protobuf message that is not lite"};
  }
  return predicate.resolved_for(content.type, content.schema);
}

Result<ResolvedPredicate> ResolvedPredicate::resolve(const Predicate& predicate, const ContentType& content) {
  auto made = resolved(predicate, content);
  if (!made) return made.failure();
  return ResolvedPredicate{std::move(*made), content.type, std::string(content.message_type.value_or(""))};
}

bool ResolvedPredicate::is_for(const ContentType& content) const noexcept {
  return type == content.type && (!content.message_type || message_type == *content.message_type);
}

}  // namespace hoiku::broker
