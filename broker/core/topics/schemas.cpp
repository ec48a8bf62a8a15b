#include "broker/core/topics/schemas.hpp"

#include <utility>

#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

Result<void> Schemas::put(const std::string& type_name, const std::string& files) {
  const auto known = by_type_.find(type_name);
  if (known != by_type_.end() && known->second.files() == files) return {};
  auto schema = MessageSchema::parse(type_name, files, *limits_);
  if (!schema) return schema.failure();
  std::size_t replaced_bytes = 0;
  if (known != by_type_.end()) {
    auto newer = schema->replacing(known->second);
    if (!newer) return newer.failure();
    if (known->second.covers(*schema)) return {};
    schema = std::move(*newer);
    replaced_bytes = known->second.memory_bytes();
  } else if (by_type_.size() >= limits_->schemas_max) {
    return Failure{ErrorCode::limit_exceeded, "with " + text::quote(type_name) + " the schemas exceed the limit of " +
                                                  std::to_string(limits_->schemas_max) + " message types"};
  }
  const std::size_t bytes = bytes_ - replaced_bytes + schema->memory_bytes();
  if (bytes > limits_->schemas_bytes_max) {
    return Failure{ErrorCode::limit_exceeded, "with " + text::quote(type_name) + " the schemas exceed the limit of " +
                                                  std::to_string(limits_->schemas_bytes_max) + " bytes"};
  }
  bytes_ = bytes;
  ++serial_;
  by_type_.insert_or_assign(type_name, std::move(*schema));
  return {};
}

const MessageSchema* Schemas::find(std::string_view type_name) const {
  const auto found = by_type_.find(type_name);
  return found == by_type_.end() ? nullptr : &found->second;
}

}  // namespace hoiku::broker
