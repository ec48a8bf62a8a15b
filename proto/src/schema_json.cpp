#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "proto/src/schema_shape.hpp"
#include "proto/src/text.hpp"

namespace hoiku::schema {
namespace {

namespace pb = google::protobuf;

constexpr std::size_t depth_max = 64;                      // as deep as Protobuf goes for JSON
constexpr const char* url_prefix = "type.googleapis.com";  // as an Any has it
constexpr std::size_t shown_zeros_max = 10'000;
constexpr std::size_t canonical_fields_max = 1'000'000;  // of all messages: each takes the memory of all its fields

std::string url_of(const std::string& type_name) {
  std::string url = url_prefix;
  url += '/';
  url += type_name;
  return url;
}

std::unique_ptr<pb::util::TypeResolver> resolver_of(const Pool& pool) {
  return std::unique_ptr<pb::util::TypeResolver>(
      pb::util::NewTypeResolverForDescriptorPool(url_prefix, pool.descriptors.get()));
}

// What Protobuf says of JSON quotes it, however long it is; "(pose.x): invalid value …" names the field.
Failure refused(const std::string& type_name, const std::string& why) {
  constexpr std::size_t shown_max = 300;
  std::string sentence = text::valid_utf8(std::string_view(why).substr(0, shown_max));
  if (sentence.starts_with(": ")) sentence.erase(0, 2);  // of the whole, not of a field
  for (char& c : sentence) {
    if (text::is_control(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 0x80) c = ' ';
  }
  if (why.size() > shown_max) sentence += "…";
  return Failure{ErrorCode::invalid_argument, "this is no " + text::excerpt(type_name) + " in JSON: " + sentence};
}

// Packed numbers, of which the last one ends with them.
bool are_whole(std::string_view packed, const pb::FieldDescriptor& field) {
  switch (field.type()) {
    case pb::FieldDescriptor::TYPE_DOUBLE:
    case pb::FieldDescriptor::TYPE_FIXED64:
    case pb::FieldDescriptor::TYPE_SFIXED64:
      return packed.size() % 8 == 0;
    case pb::FieldDescriptor::TYPE_FLOAT:
    case pb::FieldDescriptor::TYPE_FIXED32:
    case pb::FieldDescriptor::TYPE_SFIXED32:
      return packed.size() % 4 == 0;
    default:
      break;
  }
  constexpr int varint_bytes_max = 10;
  int bytes = 0;
  for (const char c : packed) {
    if (++bytes > varint_bytes_max) return false;
    if (static_cast<unsigned char>(c) < 0x80) bytes = 0;
  }
  return bytes == 0;
}

// Looks at a message as Protobuf's printer would, which trusts it too much: of packed numbers that are cut off it shows the last
// one without end; it takes what stands in a group for fields of the message around it; it goes into each Any with a copy of it,
// however many lie in one another; and two bytes can be a message of a thousand zeros.
class Survey {
 public:
  explicit Survey(const pb::DescriptorPool& pool) : pool_(pool) {}

  // False: the bytes are not such a message, or messages lie in one another deeper than `depth`.
  bool look(std::string_view bytes, const pb::Descriptor& type, std::size_t depth) {
    if (depth == 0) return false;
    declared_ += static_cast<std::size_t>(type.field_count());
    wire::WireReader reader(bytes);
    if (type.full_name() == "google.protobuf.Any") return look_into_any(reader, depth);
    while (const auto entry = reader.next()) {
      const pb::FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(entry->number));
      if (field != nullptr && !look_at(*entry, *field, depth)) return false;
    }
    return !reader.is_malformed();
  }
  std::size_t declared() const noexcept { return declared_; }  // fields that all the messages could have
  const pb::FieldDescriptor* group() const noexcept { return group_; }

 private:
  bool look_at(const wire::WireField& entry, const pb::FieldDescriptor& field, std::size_t depth) {
    if (entry.type == wire::WireType::group && field.type() == pb::FieldDescriptor::TYPE_GROUP) group_ = &field;
    if (entry.type != wire::WireType::length) return true;
    if (field.type() == pb::FieldDescriptor::TYPE_MESSAGE)
      return look(entry.contents, *field.message_type(), depth - 1);
    return !field.is_packable() || are_whole(entry.contents, field);
  }
  // The printer passes over what is not encoded as a url and a value are, so there must be nothing of the kind: it would show
  // another one than we have looked at.
  bool look_into_any(wire::WireReader& reader, std::size_t depth) {
    std::string_view url;
    std::string_view value;
    while (const auto entry = reader.next()) {
      if (entry->number > 2) continue;
      if (entry->type != wire::WireType::length) return false;
      (entry->number == 1 ? url : value) = entry->contents;
    }
    if (reader.is_malformed()) return false;
    const pb::Descriptor* type = pool_.FindMessageTypeByName(std::string(url.substr(url.rfind('/') + 1)));
    return type == nullptr || look(value, *type, depth - 1);  // of an unknown type the printer shows nothing
  }

  const pb::DescriptorPool& pool_;
  std::size_t declared_ = 0;
  const pb::FieldDescriptor* group_ = nullptr;
};

}  // namespace

Result<std::string> to_json(const Pool& pool, const std::string& type_name, std::string_view message) {
  const Failure wrong{ErrorCode::invalid_argument, "the bytes are no " + text::excerpt(type_name)};
  const pb::Descriptor& type = *pool.descriptors->FindMessageTypeByName(type_name);
  Survey survey(*pool.descriptors);
  if (!survey.look(message, type, depth_max)) return wrong;
  if (survey.group() != nullptr) {
    return Failure{ErrorCode::invalid_argument,
                   text::excerpt(survey.group()->full_name()) + " is a group: JSON has no form for those"};
  }
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  // In proto2 this would show what is absent as if it were there.
  options.always_print_primitive_fields =
      type.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO3 && survey.declared() <= shown_zeros_max;
  std::optional<CanonicalMessage> once;
  if (survey.declared() <= canonical_fields_max) once = canonical(pool, type, message);
  std::string json;
  const auto resolver = resolver_of(pool);
  const auto status = pb::util::BinaryToJsonString(resolver.get(), url_of(type_name),
                                                   once ? once->bytes : std::string(message), &json, options);
  if (!status.ok()) return wrong;
  return text::valid_utf8(json);
}

Result<std::string> from_json(const Pool& pool, const std::string& type_name, std::string_view json) {
  const auto resolver = resolver_of(pool);
  std::string bytes;
  const auto status = pb::util::JsonToBinaryString(resolver.get(), url_of(type_name), std::string(json), &bytes);
  if (!status.ok()) return refused(type_name, std::string(status.message()));
  // In the order of the JSON, with all that it says twice.
  const auto message = canonical(pool, *pool.descriptors->FindMessageTypeByName(type_name), bytes);
  if (!message) return refused(type_name, "a text in it is not UTF-8");
  if (!message->missing.empty()) return refused(type_name, "missing field " + message->missing);
  return message->bytes;
}

}  // namespace hoiku::schema
