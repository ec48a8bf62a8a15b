#include "hoiku/proto/schema.hpp"

#include <functional>
#include <mutex>

#include "hoiku/proto/text.hpp"
#include "proto/src/schema/impl.hpp"

namespace hoiku {

MessageSchema::Impl::Impl(std::string type, std::string bytes, const Limits& limits_given, schema::Shape made)
    : type_name(std::move(type)),
      files(std::move(bytes)),
      limits(limits_given),
      shape(std::move(made)),
      digest(std::hash<std::string>()(files)) {}

const schema::Pool& MessageSchema::Impl::pool() const {
  std::call_once(pool_made, [this] { kept_pool = schema::build(type_name, files, limits).value(); });
  return *kept_pool;
}

Result<MessageSchema> MessageSchema::parse(std::string type_name, std::string files, const Limits& limits) {
  auto pool = schema::build(type_name, files, limits);
  if (!pool) return pool.failure();
  schema::Shape shape = schema::shape_of(**pool, type_name);
  return MessageSchema(std::make_shared<const Impl>(std::move(type_name), std::move(files), limits, std::move(shape)));
}

const std::string& MessageSchema::type_name() const noexcept { return impl_->type_name; }
const std::string& MessageSchema::files() const noexcept { return impl_->files; }
std::size_t MessageSchema::memory_bytes() const noexcept {
  return sizeof(Impl) + impl_->files.size() + impl_->shape.memory_bytes();
}

Result<std::string> MessageSchema::to_json(std::string_view message) const {
  return schema::to_json(impl_->pool(), impl_->type_name, message);
}

Result<std::string> MessageSchema::from_json(std::string_view json) const {
  return schema::from_json(impl_->pool(), impl_->type_name, json);
}

Result<void> check_compatible(const MessageSchema& older, const MessageSchema& newer) {
  if (older.type_name() != newer.type_name()) {
    return Failure{ErrorCode::type_mismatch, "the schemas describe two types: " + text::excerpt(older.type_name()) +
                                                 " and " + text::excerpt(newer.type_name())};
  }
  return schema::check_compatible(older.impl_->shape, newer.impl_->shape);
}

bool MessageSchema::covers(const MessageSchema& other) const {
  return schema::covers(impl_->shape, other.impl_->shape);
}

Result<MessageSchema> MessageSchema::replacing(const MessageSchema& older) const {
  if (auto ok = check_compatible(older, *this); !ok) return ok.failure();
  schema::Shape shape = impl_->shape;
  schema::remember(older.impl_->shape, shape);
  return MessageSchema(std::make_shared<const Impl>(impl_->type_name, impl_->files, impl_->limits, std::move(shape)));
}

}  // namespace hoiku
