// schema_canonical.cpp: what the bytes of a message mean, said once.
//
// On the wire a field may stand several times: the last number counts, messages are merged, of a oneof the last member is there,
// of a map's entries with one key the last one. Protobuf's JSON printer shows them all, and its reader then refuses what it reads.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <variant>

#include "proto/src/schema_shape.hpp"

namespace hoiku::schema {
namespace {

namespace pb = google::protobuf;

using Key = std::variant<bool, std::int64_t, std::uint64_t, std::string>;

Key key_of(const pb::Message& entry) {
  const pb::FieldDescriptor& field = *entry.GetDescriptor()->map_key();
  const pb::Reflection& reflection = *entry.GetReflection();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(entry, &field);
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return std::int64_t{reflection.GetInt32(entry, &field)};
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return std::int64_t{reflection.GetInt64(entry, &field)};
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return std::uint64_t{reflection.GetUInt32(entry, &field)};
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return std::uint64_t{reflection.GetUInt64(entry, &field)};
    default:
      return reflection.GetString(entry, &field);
  }
}

class Canonical {
 public:
  explicit Canonical(const pb::DescriptorPool& pool) : pool_(pool), factory_(&pool) {}

  std::optional<CanonicalMessage> operator()(std::string_view bytes, const pb::Descriptor& type) {
    const std::unique_ptr<pb::Message> message(factory_.GetPrototype(&type)->New());
    if (!message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
    settle(*message);
    return CanonicalMessage{serialised(*message), message->InitializationErrorString()};
  }

 private:
  void settle(pb::Message& message) {
    if (message.GetDescriptor()->full_name() == "google.protobuf.Any") return settle_any(message);
    std::vector<const pb::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const pb::FieldDescriptor* field : fields) {
      if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) settle(message, *field);
    }
  }
  void settle(pb::Message& message, const pb::FieldDescriptor& field) {
    const pb::Reflection& reflection = *message.GetReflection();
    if (field.is_map()) keep_last_of_each_key(message, field);
    if (!field.is_repeated()) return settle(*reflection.MutableMessage(&message, &field, &factory_));
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
      settle(*reflection.MutableRepeatedMessage(&message, &field, i));
  }
  void keep_last_of_each_key(pb::Message& message, const pb::FieldDescriptor& field) {
    const pb::Reflection& reflection = *message.GetReflection();
    std::map<Key, std::unique_ptr<pb::Message>> entries;
    while (reflection.FieldSize(message, &field) > 0) {
      std::unique_ptr<pb::Message> entry(reflection.ReleaseLast(&message, &field));
      Key key = key_of(*entry);
      entries.try_emplace(std::move(key), std::move(entry));
    }
    for (auto& [key, entry] : entries) reflection.AddAllocatedMessage(&message, &field, entry.release());
  }
  // Of an unknown type nothing is shown, so it stays as it is.
  void settle_any(pb::Message& any) {
    const pb::Reflection& reflection = *any.GetReflection();
    const pb::FieldDescriptor* url_field = any.GetDescriptor()->FindFieldByNumber(1);
    const pb::FieldDescriptor* value_field = any.GetDescriptor()->FindFieldByNumber(2);
    const std::string url = reflection.GetString(any, url_field);
    const pb::Descriptor* type = pool_.FindMessageTypeByName(url.substr(url.rfind('/') + 1));
    if (type == nullptr) return;
    if (auto value = (*this)(reflection.GetString(any, value_field), *type))
      reflection.SetString(&any, value_field, std::move(value->bytes));
  }
  static std::string serialised(const pb::Message& message) {
    std::string bytes;
    {
      pb::io::StringOutputStream stream(&bytes);
      pb::io::CodedOutputStream coded(&stream);
      coded.SetSerializationDeterministic(true);
      message.SerializePartialToCodedStream(&coded);
    }
    return bytes;
  }

  const pb::DescriptorPool& pool_;
  pb::DynamicMessageFactory factory_;
};

}  // namespace

std::optional<CanonicalMessage> canonical(const Pool& pool, const pb::Descriptor& type, std::string_view bytes) {
  const pb::LogSilencer silence;
  return Canonical(*pool.descriptors)(bytes, type);
}

}  // namespace hoiku::schema
