#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
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

// Counts the fields that the messages in `bytes` could have; false: more than `left`. The bytes are well formed.
bool count_declared(std::string_view bytes, const pb::Descriptor& type, std::size_t& left) {
  const auto own = static_cast<std::size_t>(type.field_count());
  if (own > left) return false;
  left -= own;
  wire::WireReader reader(bytes);
  while (const auto entry = reader.next()) {
    const pb::FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(entry->number));
    const bool is_nested =
        field != nullptr && entry->type == wire::WireType::length && field->type() == pb::FieldDescriptor::TYPE_MESSAGE;
    if (is_nested && !count_declared(entry->contents, *field->message_type(), left)) return false;
  }
  return true;
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

// Of those that are cut off Protobuf's printer shows the last one without end. The bytes are well formed besides.
bool are_packed_numbers_whole(std::string_view bytes, const pb::Descriptor& type) {
  wire::WireReader reader(bytes);
  while (const auto entry = reader.next()) {
    const pb::FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(entry->number));
    if (field == nullptr || entry->type != wire::WireType::length) continue;
    if (field->type() == pb::FieldDescriptor::TYPE_MESSAGE) {
      if (!are_packed_numbers_whole(entry->contents, *field->message_type())) return false;
    } else if (field->is_packable() && !are_whole(entry->contents, *field)) {
      return false;
    }
  }
  return true;
}

std::string serialised(const pb::Message& message) {
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

Result<std::string> to_json(const Pool& pool, const std::string& type_name, std::string_view message) {
  const Failure wrong{ErrorCode::invalid_argument, "the bytes are no " + text::excerpt(type_name)};
  const pb::Descriptor& type = *pool.descriptors->FindMessageTypeByName(type_name);
  std::size_t left = message.size();
  // Protobuf itself shows the front of what is cut.
  if (!count_fields(message, type, depth_max, left) || !are_packed_numbers_whole(message, type)) return wrong;
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  // In proto2 this would show what is absent as if it were there; and two bytes can be a message of a thousand zeros.
  std::size_t zeros_left = shown_zeros_max;
  options.always_print_primitive_fields =
      type.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO3 && count_declared(message, type, zeros_left);
  std::string json;
  const auto resolver = resolver_of(pool);
  const auto status =
      pb::util::BinaryToJsonString(resolver.get(), url_of(type_name), std::string(message), &json, options);
  if (!status.ok()) return wrong;
  return text::valid_utf8(json);
}

Result<std::string> from_json(const Pool& pool, const std::string& type_name, std::string_view json) {
  const auto resolver = resolver_of(pool);
  std::string bytes;
  const auto status = pb::util::JsonToBinaryString(resolver.get(), url_of(type_name), std::string(json), &bytes);
  if (!status.ok()) return refused(type_name, std::string(status.message()));
  // Once more through a message: the fields stand in the order of the JSON.
  const pb::LogSilencer silence;
  pb::DynamicMessageFactory factory(pool.descriptors.get());
  const std::unique_ptr<pb::Message> message(
      factory.GetPrototype(pool.descriptors->FindMessageTypeByName(type_name))->New());
  if (!message->ParsePartialFromString(bytes)) return refused(type_name, "a text in it is not UTF-8");
  if (!message->IsInitialized()) return refused(type_name, "missing field " + message->InitializationErrorString());
  return serialised(*message);
}

}  // namespace hoiku::schema
