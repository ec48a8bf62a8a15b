#include "hoiku/proto/schema.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <mutex>

#include "hoiku/proto/text.hpp"
#include "proto/src/schema/field_path_impl.hpp"
#include "proto/src/schema/impl.hpp"

namespace hoiku {
namespace schema {

std::string_view to_string(FieldType type) noexcept {
  constexpr std::array<std::string_view, 18> names{"bool",   "int32",   "int64",   "uint32",   "uint64",   "sint32",
                                                   "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "float",
                                                   "double", "string",  "bytes",   "enum",     "message",  "group"};
  return names[static_cast<std::size_t>(type)];
}

wire::WireType wire_type_of(FieldType type) noexcept {
  switch (type) {
    case FieldType::fixed32:
    case FieldType::sfixed32:
    case FieldType::float32:
      return wire::WireType::fixed32;
    case FieldType::fixed64:
    case FieldType::sfixed64:
    case FieldType::float64:
      return wire::WireType::fixed64;
    case FieldType::string:
    case FieldType::bytes:
    case FieldType::message:
      return wire::WireType::length;
    case FieldType::group:
      return wire::WireType::group;
    default:
      return wire::WireType::varint;
  }
}

const FieldShape* MessageShape::find(std::int32_t number) const noexcept {
  for (const auto& [field_name, field] : fields) {
    if (field.number == number) return &field;
  }
  return nullptr;
}

std::size_t Shape::memory_bytes() const {
  constexpr std::size_t node_bytes = 64;  // of a map, about
  std::size_t bytes = sizeof(Shape);
  const auto add_message = [&](const MessageShape& message) {
    bytes += sizeof(MessageShape) + 2 * message.name.size() + node_bytes;
    for (const auto& [name, field] : message.fields) {
      bytes += sizeof(FieldShape) + 2 * name.size() + field.type_name.size() + node_bytes;
    }
    for (const FieldShape& field : message.retired) {
      bytes += sizeof(FieldShape) + field.name.size() + field.type_name.size();
    }
  };
  for (const auto& [name, message] : messages) add_message(message);
  for (const auto& [name, message] : gone) add_message(message);
  for (const auto& [name, names] : enums) {
    bytes += sizeof(EnumShape) + 2 * name.size() + node_bytes;
    for (const auto& [text, number] : names->numbers) bytes += text.size() + 2 * node_bytes;
  }
  for (const auto& [name, retired] : retired_names) {
    bytes += name.size() + 2 * node_bytes;
    for (const auto& [text, number] : retired) bytes += text.size() + 2 * node_bytes;
  }
  return bytes;
}

std::string type_text(const FieldShape& field, const Shape& shape) {
  const std::string own = field.type_name.empty() ? std::string(to_string(field.type)) : field.type_name;
  if (field.is_map) {
    for (const auto* messages : {&shape.messages, &shape.gone}) {
      const auto entry = messages->find(field.type_name);
      if (entry == messages->end()) continue;
      const FieldShape* key = entry->second.find(1);
      const FieldShape* value = entry->second.find(2);
      if (key && value) return "map<" + type_text(*key, shape) + ", " + type_text(*value, shape) + ">";
    }
  }
  return (field.is_repeated ? "repeated " : field.is_required ? "required " : "") + own;
}

std::string listed(const std::vector<std::string_view>& names) {
  constexpr std::size_t shown_max = 12;
  constexpr std::size_t bytes_max = 400;
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == shown_max || out.size() + names[i].size() > bytes_max) return out + (out.empty() ? "" : ", ") + "…";
    out += (i == 0 ? "" : ", ");
    out += names[i];
  }
  return out;
}

}  // namespace schema

namespace {

using schema::FieldShape;
using schema::FieldType;
using schema::MessageShape;

Failure invalid(std::string message) { return Failure{ErrorCode::invalid_predicate, std::move(message)}; }

std::string field_names(const MessageShape& message) {
  std::vector<const FieldShape*> fields;
  for (const auto& [name, field] : message.fields) fields.push_back(&field);
  std::sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
  std::vector<std::string_view> names;
  for (const FieldShape* field : fields) names.push_back(field->name);
  return names.empty() ? "no fields at all" : schema::listed(names);
}

}  // namespace

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

// ---- Paths

namespace {

FieldPath::Impl::Member member_of(const FieldShape& field, const schema::Shape& shape) {
  FieldPath::Impl::Member member{static_cast<std::uint32_t>(field.number), schema::wire_type_of(field.type), nullptr};
  if (field.type == FieldType::enumeration && field.is_closed)
    member.closed = shape.enums.find(field.type_name)->second;
  return member;
}

// Why a path cannot end, or go on, at `field`, or nothing.
Result<void> check_step(const MessageShape& in, const FieldShape& field, bool is_last, const schema::Shape& shape) {
  const std::string where = text::quote(field.name) + " of " + text::excerpt(in.name) + " is a " +
                            text::excerpt(schema::type_text(field, shape));
  if (field.is_repeated) return invalid(where + ", which has no single value: a predicate cannot be about it");
  if (field.type == FieldType::group) return invalid(where + ": a predicate cannot reach into groups");
  const bool is_message = field.type == FieldType::message;
  if (is_last && is_message) {
    return invalid(where + ": name one of its fields, of which there are " +
                   field_names(shape.messages.find(field.type_name)->second));
  }
  if (!is_last && !is_message) return invalid(where + ", and has no fields");
  return {};
}

}  // namespace

Result<FieldPath> MessageSchema::path(const std::vector<std::string>& names) const {
  if (names.empty()) return invalid("a path names at least one field");
  if (names.size() > FieldPath::fields_max) {
    return invalid("a path has at most " + std::to_string(FieldPath::fields_max) + " fields, and this one " +
                   std::to_string(names.size()));
  }
  const schema::Shape& shape = impl_->shape;
  auto made = std::make_shared<FieldPath::Impl>();
  made->message_type = impl_->type_name;
  const MessageShape* message = &shape.messages.find(impl_->type_name)->second;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_last = i + 1 == names.size();
    const auto found = message->fields.find(names[i]);
    if (found == message->fields.end()) {
      return invalid(text::excerpt(message->name) + " has no field " + text::quote(names[i]) + "; it has " +
                     field_names(*message));
    }
    const FieldShape& field = found->second;
    if (auto ok = check_step(*message, field, is_last, shape); !ok) return ok.failure();
    FieldPath::Impl::Step step{member_of(field, shape), {}};
    for (const auto& [name, other] : message->fields) {
      if (field.oneof >= 0 && other.oneof == field.oneof && other.number != field.number)
        step.others.push_back(member_of(other, shape));
    }
    made->steps.push_back(std::move(step));
    made->key += (i == 0 ? "" : ".") + std::to_string(field.number);
    if (!is_last) {
      message = &shape.messages.find(field.type_name)->second;
      continue;
    }
    made->type = field.type;
    made->is_implicit = field.is_implicit;
    if (field.type == FieldType::enumeration) made->names = shape.enums.find(field.type_name)->second;
  }
  // What else decides about what is read (presence, oneofs, names) is said by the whole of the schema.
  made->key += ":" + std::string(schema::to_string(made->type)) + ":" + std::to_string(impl_->digest);
  return FieldPath(std::move(made));
}

// ---- Evolution

Result<void> check_compatible(const MessageSchema& older, const MessageSchema& newer) {
  if (older.type_name() != newer.type_name()) {
    return Failure{ErrorCode::type_mismatch, "schemas of two types: " + text::excerpt(older.type_name()) + " and " +
                                                 text::excerpt(newer.type_name())};
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
