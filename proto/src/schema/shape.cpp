#include "proto/src/schema/shape.hpp"

#include <array>

namespace hoiku::schema {

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
  constexpr std::size_t node_bytes = 64;  // of a map, roughly
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
  for (const auto& [name, message] : unreachable) add_message(message);
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
    for (const auto* messages : {&shape.messages, &shape.unreachable}) {
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

}  // namespace hoiku::schema
