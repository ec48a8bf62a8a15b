#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "hoiku/proto/text.hpp"
#include "proto/src/schema/protobuf_log.hpp"
#include "proto/src/schema/shape.hpp"

namespace hoiku::schema {
namespace {

namespace pb = google::protobuf;

constexpr const char* url_prefix = "type.googleapis.com";  // as an Any has it

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

// Protobuf's error quotes the JSON, however long it is; "(pose.x): invalid value …" names the field.
Failure refused(const std::string& type_name, const std::string& why) {
  constexpr std::size_t shown_max = 300;
  std::string sentence = text::valid_utf8(std::string_view(why).substr(0, shown_max));
  if (sentence.starts_with(": ")) sentence.erase(0, 2);  // about the message as a whole
  for (char& c : sentence) {
    if (text::is_control(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 0x80) c = ' ';
  }
  if (why.size() > shown_max) sentence += "…";
  return Failure{ErrorCode::invalid_argument, "the JSON is not a valid " + text::quote(type_name) + ": " + sentence};
}

// Writes each number -0 as -0.0: Protobuf reads the first as an integer, and so loses its sign.
std::string with_signed_zeros(std::string_view json) {
  std::string out;
  bool is_in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    out += json[i];
    if (is_in_string && json[i] == '\\' && i + 1 < json.size()) {
      out += json[++i];
    } else if (json[i] == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && json[i] == '0' && i > 0 && json[i - 1] == '-' &&
               (i < 2 || (json[i - 2] != 'e' && json[i - 2] != 'E')) &&
               json.substr(i + 1, 1).find_first_of("0123456789.eE") == std::string_view::npos) {
      out += ".0";
    }
  }
  return out;
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
  const Failure wrong{ErrorCode::invalid_argument, "the bytes are not a valid " + text::quote(type_name)};
  const pb::Descriptor& type = *pool.descriptors->FindMessageTypeByName(type_name);
  const std::optional<CanonicalMessage> canonical = canonicalize(pool, type, message);
  if (!canonical) return wrong;
  if (canonical->is_too_large)
    return Failure{ErrorCode::too_large, "this " + text::quote(type_name) + " is too large to be shown as JSON"};
  if (canonical->group != nullptr) {
    return Failure{ErrorCode::invalid_argument,
                   text::quote(canonical->group->full_name()) + " is a group, which JSON cannot represent"};
  }
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = canonical->shows_zeros;
  const auto silence = silence_protobuf();
  std::string json;
  const auto resolver = resolver_of(pool);
  const auto status = pb::util::BinaryToJsonString(resolver.get(), url_of(type_name), canonical->bytes, &json, options);
  if (!status.ok() || json.empty()) return wrong;
  return text::valid_utf8(json);
}

Result<std::string> from_json(const Pool& pool, const std::string& type_name, std::string_view json) {
  const auto resolver = resolver_of(pool);
  const auto silence = silence_protobuf();
  std::string bytes;
  const auto status = pb::util::JsonToBinaryString(resolver.get(), url_of(type_name), with_signed_zeros(json), &bytes);
  if (!status.ok()) return refused(type_name, std::string(status.message()));
  const pb::Descriptor& type = *pool.descriptors->FindMessageTypeByName(type_name);
  // Merges what the JSON contains twice. The message below then puts the fields into order.
  auto canonical = canonicalize(pool, type, bytes);
  if (!canonical) return refused(type_name, "messages are nested too deeply");
  if (canonical->unnamed != nullptr)
    return refused(type_name, canonical->unnamed->full_name() + " has a number that its enumeration does not name");
  if (canonical->group == nullptr) bytes = std::move(canonical->bytes);
  pb::DynamicMessageFactory factory(pool.descriptors.get());
  const std::unique_ptr<pb::Message> message(factory.GetPrototype(&type)->New());
  if (!message->ParsePartialFromString(bytes)) return refused(type_name, "a string is not valid UTF-8");
  if (!message->IsInitialized()) return refused(type_name, "missing field " + message->InitializationErrorString());
  return serialised(*message);
}

}  // namespace hoiku::schema
