#include "broker/core/content_type.hpp"

namespace hoiku::broker {

Result<Predicate> resolved(const Predicate& predicate, const ContentType& of) {
  if (of.message_type != nullptr && of.schema == nullptr && predicate.names_fields()) {
    return Failure{ErrorCode::invalid_predicate,
                   "the predicate names fields, and nobody has told the broker what a " + *of.message_type +
                       " looks like: its schema is registered by Bus::topic of a Protobuf message that is not lite"};
  }
  return predicate.resolved_for(of.type, of.schema);
}

}  // namespace hoiku::broker
