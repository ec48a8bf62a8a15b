#include "broker/core/topics/content_type.hpp"

#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

ContentType content_type(const Topic& topic, const Schemas& schemas) {
  const TopicType type = topic.type();
  return {type.type, type.message_type, type.message_type == nullptr ? nullptr : schemas.find(*type.message_type)};
}

Result<Predicate> resolved(const Predicate& predicate, const ContentType& content) {
  if (content.message_type != nullptr && content.schema == nullptr && predicate.fields() > 0) {
    return Failure{
        ErrorCode::invalid_predicate,
        "the predicate names fields of " + text::quote(*content.message_type) +
            ", whose schema is not registered: Bus::topic registers it for a Protobuf message that is not lite"};
  }
  return predicate.resolved_for(content.type, content.schema);
}

}  // namespace hoiku::broker
