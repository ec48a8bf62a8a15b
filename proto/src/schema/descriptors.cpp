// descriptors.cpp: builds a shape from the bytes of a FileDescriptorSet.
//
// Protobuf turns a few bytes of a descriptor into hundreds, so the fields are counted before Protobuf parses them.
// Parts that cost quadratic time (reserved ranges, extensions) or that nothing needs are removed first.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <set>

#include "hoiku/proto/schema.hpp"
#include "hoiku/proto/text.hpp"
#include "proto/src/schema/impl.hpp"
#include "proto/src/schema/protobuf_log.hpp"
#include "proto/src/schema/shape.hpp"

namespace hoiku::schema {
namespace {

namespace pb = google::protobuf;

constexpr int files_max = 256;
constexpr std::size_t depth_max = 32;  // of descriptors; a nested message takes two levels

Failure invalid(const std::string& type_name, const std::string& what) {
  return Failure{ErrorCode::invalid_argument, "the schema of " + text::quote(type_name) + " is invalid: " + what};
}

void strip(pb::EnumDescriptorProto& one) {
  one.clear_reserved_range();
  one.clear_reserved_name();
}

void strip(pb::DescriptorProto& message) {
  message.clear_extension();
  message.clear_extension_range();
  message.clear_reserved_range();
  message.clear_reserved_name();
  for (auto& nested : *message.mutable_nested_type()) strip(nested);
  for (auto& nested : *message.mutable_enum_type()) strip(nested);
}

void strip(pb::FileDescriptorProto& file) {
  file.clear_extension();
  file.clear_service();
  file.clear_source_code_info();
  for (auto& message : *file.mutable_message_type()) strip(message);
  for (auto& one : *file.mutable_enum_type()) strip(one);
}

// The JSON of a message of a few bytes may contain the names of its fields a thousand times.
constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t file_name_bytes_max = 4096;  // Protobuf copies it for each type

bool has_long_name(const pb::EnumDescriptorProto& one) {
  const auto is_long = [](const auto& named) { return named.name().size() > name_bytes_max; };
  return is_long(one) || std::any_of(one.value().begin(), one.value().end(), is_long);
}

bool has_long_name(const pb::DescriptorProto& message) {
  const auto is_long = [](const auto& named) {
    return named.name().size() > name_bytes_max || named.json_name().size() > name_bytes_max;
  };
  const auto has_one = [](const auto& nested) { return has_long_name(nested); };
  return message.name().size() > name_bytes_max ||
         std::any_of(message.field().begin(), message.field().end(), is_long) ||
         std::any_of(message.nested_type().begin(), message.nested_type().end(), has_one) ||
         std::any_of(message.enum_type().begin(), message.enum_type().end(), has_one);
}

bool has_long_name(const pb::FileDescriptorProto& file) {
  const auto has_one = [](const auto& nested) { return has_long_name(nested); };
  return file.name().size() > file_name_bytes_max || file.package().size() > name_bytes_max ||
         std::any_of(file.message_type().begin(), file.message_type().end(), has_one) ||
         std::any_of(file.enum_type().begin(), file.enum_type().end(), has_one);
}

// Whether a message is marked as a map entry and belongs to no map. Protobuf checks entries of maps only; it would
// write any other such message, or a group of that type, without end.
bool has_stray_entry(const pb::Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    if (field.message_type() != nullptr && field.message_type()->options().map_entry() && !field.is_map()) return true;
  }
  for (int i = 0; i < message.nested_type_count(); ++i) {
    const pb::Descriptor& nested = *message.nested_type(i);
    if (has_stray_entry(nested)) return true;
    if (!nested.options().map_entry()) continue;
    bool is_used = false;
    for (int k = 0; k < message.field_count(); ++k) {
      is_used = is_used || (message.field(k)->is_map() && message.field(k)->message_type() == &nested);
    }
    if (!is_used) return true;
  }
  return false;
}

bool has_stray_entry(const pb::FileDescriptor& file) {
  for (int i = 0; i < file.message_type_count(); ++i) {
    const pb::Descriptor& message = *file.message_type(i);
    if (message.options().map_entry() || has_stray_entry(message)) return true;
  }
  return false;
}

// Keeps the first error.
class FirstError final : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const pb::Message*, ErrorLocation,
                const std::string& what) override {
    if (sentence.empty()) sentence = text::quote(file) + ", " + text::quote(element) + ": " + text::quote(what);
  }
  std::string sentence;
};

FieldShape shape_of(const pb::FieldDescriptor& field) {
  FieldShape shape;
  shape.name = field.name();
  shape.number = field.number();
  shape.type = type_of(field);
  if (field.message_type() != nullptr) shape.type_name = field.message_type()->full_name();
  if (field.enum_type() != nullptr) shape.type_name = field.enum_type()->full_name();
  shape.is_repeated = field.is_repeated();
  shape.is_map = field.is_map();
  shape.is_required = field.is_required();
  shape.is_implicit = !field.is_repeated() && !field.has_presence();
  shape.is_closed = field.enum_type() != nullptr && field.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO2;
  if (field.real_containing_oneof() != nullptr) shape.oneof = field.real_containing_oneof()->index();
  shape.exclusive_group = shape.oneof;
  return shape;
}

std::shared_ptr<const EnumShape> shape_of(const pb::EnumDescriptor& one) {
  auto shape = std::make_shared<EnumShape>();
  shape->name = one.full_name();
  for (int i = 0; i < one.value_count(); ++i) {
    shape->numbers.emplace(one.value(i)->name(), one.value(i)->number());
    shape->all.insert(one.value(i)->number());
  }
  return shape;
}

void add_files(const pb::FileDescriptor& file, std::set<const pb::FileDescriptor*>& seen, pb::FileDescriptorSet& set) {
  if (!seen.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) add_files(*file.dependency(i), seen, set);
  file.CopyTo(set.add_file());
}

// Counts the fields of a message and of its nested ones, down from `left`. False if there are more, the bytes are
// malformed, or messages are nested deeper than `depth`. A group counts as one field.
bool count_fields(std::string_view bytes, const pb::Descriptor& type, std::size_t depth, std::size_t& left) {
  if (depth == 0) return false;
  wire::WireReader reader(bytes);
  while (const auto entry = reader.next()) {
    if (left == 0) return false;
    --left;
    const pb::FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(entry->number));
    const bool is_nested =
        field != nullptr && entry->type == wire::WireType::length && field->type() == pb::FieldDescriptor::TYPE_MESSAGE;
    if (is_nested && !count_fields(entry->contents, *field->message_type(), depth - 1, left)) return false;
  }
  return !reader.is_malformed();
}

}  // namespace

FieldType type_of(const pb::FieldDescriptor& field) {
  switch (field.type()) {
    case pb::FieldDescriptor::TYPE_BOOL:
      return FieldType::boolean;
    case pb::FieldDescriptor::TYPE_INT32:
      return FieldType::int32;
    case pb::FieldDescriptor::TYPE_INT64:
      return FieldType::int64;
    case pb::FieldDescriptor::TYPE_UINT32:
      return FieldType::uint32;
    case pb::FieldDescriptor::TYPE_UINT64:
      return FieldType::uint64;
    case pb::FieldDescriptor::TYPE_SINT32:
      return FieldType::sint32;
    case pb::FieldDescriptor::TYPE_SINT64:
      return FieldType::sint64;
    case pb::FieldDescriptor::TYPE_FIXED32:
      return FieldType::fixed32;
    case pb::FieldDescriptor::TYPE_FIXED64:
      return FieldType::fixed64;
    case pb::FieldDescriptor::TYPE_SFIXED32:
      return FieldType::sfixed32;
    case pb::FieldDescriptor::TYPE_SFIXED64:
      return FieldType::sfixed64;
    case pb::FieldDescriptor::TYPE_FLOAT:
      return FieldType::float32;
    case pb::FieldDescriptor::TYPE_DOUBLE:
      return FieldType::float64;
    case pb::FieldDescriptor::TYPE_STRING:
      return FieldType::string;
    case pb::FieldDescriptor::TYPE_BYTES:
      return FieldType::bytes;
    case pb::FieldDescriptor::TYPE_ENUM:
      return FieldType::enumeration;
    case pb::FieldDescriptor::TYPE_GROUP:
      return FieldType::group;
    case pb::FieldDescriptor::TYPE_MESSAGE:
      break;
  }
  return FieldType::message;
}

Pool::Pool() : descriptors(std::make_unique<pb::DescriptorPool>()) {}
Pool::~Pool() = default;

Result<std::unique_ptr<Pool>> build(const std::string& type_name, const std::string& files, const Limits& limits) {
  if (files.size() > limits.schema_bytes_max) {
    return Failure{ErrorCode::too_large, "the schema of " + text::quote(type_name) + " has more than " +
                                             std::to_string(limits.schema_bytes_max) + " bytes"};
  }
  std::size_t left = limits.schema_items_max;
  if (!count_fields(files, *pb::FileDescriptorSet::descriptor(), depth_max, left)) {
    if (left > 0) return invalid(type_name, "not a valid FileDescriptorSet");
    return Failure{ErrorCode::too_large, "the schema of " + text::quote(type_name) + " has more than " +
                                             std::to_string(limits.schema_items_max) +
                                             " descriptor fields: leave out files that it does not import"};
  }
  const auto silence = silence_protobuf();
  pb::FileDescriptorSet set;
  if (!set.ParsePartialFromString(files)) return invalid(type_name, "not a valid FileDescriptorSet");
  if (set.file_size() > files_max)
    return invalid(type_name, "it has more than " + std::to_string(files_max) + " files");
  auto pool = std::make_unique<Pool>();
  FirstError error;
  for (pb::FileDescriptorProto& file : *set.mutable_file()) {
    strip(file);
    if (has_long_name(file)) return invalid(type_name, "a name has more than 255 bytes, or a file name more than 4096");
    const pb::FileDescriptor* built = pool->descriptors->BuildFileCollectingErrors(file, &error);
    if (built == nullptr) return invalid(type_name, error.sentence);
    if (has_stray_entry(*built)) return invalid(type_name, "a message is marked as a map entry and belongs to no map");
  }
  if (pool->descriptors->FindMessageTypeByName(type_name) == nullptr) {
    return invalid(type_name, "no file defines a message of that name");
  }
  if (const std::string redefined = redefined_well_known_type(*pool); !redefined.empty())
    return invalid(type_name, redefined + " differs from the type of that name in Protobuf");
  return pool;
}

Shape shape_of(const Pool& pool, const std::string& type_name) {
  Shape shape;
  std::vector<const pb::Descriptor*> open{pool.descriptors->FindMessageTypeByName(type_name)};
  while (!open.empty()) {
    const pb::Descriptor& message = *open.back();
    open.pop_back();
    const auto [at, is_new] = shape.messages.try_emplace(message.full_name());
    if (!is_new) continue;
    at->second.name = message.full_name();
    for (int i = 0; i < message.field_count(); ++i) {
      const pb::FieldDescriptor& field = *message.field(i);
      at->second.fields.emplace(field.name(), shape_of(field));
      if (field.message_type() != nullptr) open.push_back(field.message_type());
      if (field.enum_type() != nullptr && !shape.enums.contains(field.enum_type()->full_name()))
        shape.enums.emplace(field.enum_type()->full_name(), shape_of(*field.enum_type()));
    }
  }
  return shape;
}

}  // namespace hoiku::schema

namespace hoiku {

MessageSchema MessageSchema::of(const google::protobuf::Descriptor& descriptor) {
  namespace pb = google::protobuf;
  pb::FileDescriptorSet set;
  std::set<const pb::FileDescriptor*> seen;
  schema::add_files(*descriptor.file(), seen, set);
  Limits limits;  // the broker applies its own
  limits.schema_bytes_max = limits.schema_items_max = SIZE_MAX;
  auto schema = parse(descriptor.full_name(), set.SerializeAsString(), limits);
  if (!schema) throw Error(schema.failure());  // never: protoc has accepted it
  return std::move(*schema);
}

}  // namespace hoiku
