// paths.cpp: resolves the names of fields to a FieldPath.
#include <algorithm>

#include "hoiku/proto/schema.hpp"
#include "hoiku/proto/text.hpp"
#include "proto/src/schema/field_path_impl.hpp"
#include "proto/src/schema/impl.hpp"

namespace hoiku {
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

FieldPath::Impl::Member member_of(const FieldShape& field, const schema::Shape& shape) {
  FieldPath::Impl::Member member{static_cast<std::uint32_t>(field.number), schema::wire_type_of(field.type), nullptr};
  if (field.type == FieldType::enumeration && field.is_closed)
    member.closed = shape.enums.find(field.type_name)->second;
  return member;
}

// Whether a path may end, or go on, at `field`.
Result<void> check_step(const MessageShape& in, const FieldShape& field, bool is_last, const schema::Shape& shape) {
  const std::string where = text::quote(field.name) + " of " + text::excerpt(in.name) + " is a " +
                            text::excerpt(schema::type_text(field, shape));
  if (field.is_repeated) return invalid(where + ", which has no single value: predicates cannot test it");
  if (field.type == FieldType::group) return invalid(where + ": predicates cannot read groups");
  const bool is_message = field.type == FieldType::message;
  if (is_last && is_message) {
    return invalid(where + ": name one of its fields: " + field_names(shape.messages.find(field.type_name)->second));
  }
  if (!is_last && !is_message) return invalid(where + ", and has no fields");
  return {};
}

}  // namespace

Result<FieldPath> MessageSchema::path(const std::vector<std::string>& names) const {
  if (names.empty()) return invalid("a path needs at least one field");
  if (names.size() > FieldPath::fields_max) {
    return invalid("a path has at most " + std::to_string(FieldPath::fields_max) + " fields; this one has " +
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
  // The digest stands for everything else that decides what is read: presence, oneofs, names.
  made->key += ":" + std::string(schema::to_string(made->type)) + ":" + std::to_string(impl_->digest);
  return FieldPath(std::move(made));
}

}  // namespace hoiku
