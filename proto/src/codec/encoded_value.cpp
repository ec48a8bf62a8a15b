#include "hoiku/proto/encoded_value.hpp"

#include "hoiku.pb.h"
#include "hoiku/proto/message.hpp"
#include "proto/src/codec/decode_common.hpp"
#include "proto/src/codec/raw_writer.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;
using wire::WireType;

std::size_t optional_text_bytes(std::size_t size) noexcept { return size == 0 ? 0 : wire::text_bytes(size); }

std::size_t message_bytes(const ValueView& value) noexcept {
  return optional_text_bytes(value.type_name.size()) + optional_text_bytes(value.content.size());
}

class ValueDecoder : private FrameDecoder {
 public:
  ValueDecoder() : FrameDecoder(0, 0) {}
  std::optional<ValueView> decode(std::string_view bytes) {
    const ValueView value = value_view(bytes);
    return has_failed() ? std::nullopt : std::optional(value);
  }
};

// Reads a string or bytes that are the only field, as every encoder writes them.
std::optional<ValueView> read_only_text(std::string_view bytes) noexcept {
  ValueView value;
  const auto tag = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[0]));
  if (tag == key(pb::Value::kBlobFieldNumber, WireType::length)) value.type = ValueType::bytes;
  if (tag == key(pb::Value::kTextFieldNumber, WireType::length)) value.type = ValueType::string;
  const std::size_t size = static_cast<unsigned char>(bytes[1]);
  if (value.type == ValueType::null || size >= 0x80 || size + 2 != bytes.size()) return std::nullopt;
  value.content = bytes.substr(2);
  return value;
}

}  // namespace

std::size_t encoded_bytes(const ValueView& value) noexcept {
  switch (value.type) {
    case ValueType::int64:
      return wire::number_bytes(wire::to_zigzag(value.as_int64()));
    case ValueType::float64:
      return 1 + sizeof(value.bits);
    case ValueType::string:
    case ValueType::bytes:
      return wire::text_bytes(value.content.size());
    case ValueType::message:
      return wire::text_bytes(message_bytes(value));
    default:
      return 2;
  }
}

char* write_value(ValueView& value, char* to) noexcept {
  wire::RawWriter writer(to);
  switch (value.type) {
    case ValueType::null:
      writer.number(pb::Value::kNullFieldNumber, 0);
      break;
    case ValueType::boolean:
      writer.number(pb::Value::kBooleanFieldNumber, value.bits);
      break;
    case ValueType::int64:
      writer.zigzag(pb::Value::kInt64FieldNumber, value.as_int64());
      break;
    case ValueType::float64:
      writer.fixed(pb::Value::kFloat64FieldNumber, value.bits);
      break;
    case ValueType::string:
      value.content = writer.text(pb::Value::kTextFieldNumber, value.content);
      break;
    case ValueType::bytes:
      value.content = writer.text(pb::Value::kBlobFieldNumber, value.content);
      break;
    case ValueType::message:
      writer.length(pb::Value::kMessageFieldNumber, message_bytes(value));
      if (!value.type_name.empty())
        value.type_name = writer.text(pb::Value::Message::kTypeNameFieldNumber, value.type_name);
      if (!value.content.empty()) value.content = writer.text(pb::Value::Message::kDataFieldNumber, value.content);
      break;
  }
  return writer.end();
}

std::optional<ValueView> read_value(std::string_view bytes) noexcept {
  if (bytes.size() >= 2) {
    if (const auto text = read_only_text(bytes)) return text;
  }
  return ValueDecoder().decode(bytes);
}

void Sets::add(std::uint32_t topic, const ValueView& value) {
  const std::size_t bytes = encoded_bytes(value);
  topics.push_back(topic);
  lengths.push_back(static_cast<std::uint32_t>(bytes));
  const std::size_t begin = values.size();
  values.resize(begin + bytes);
  ValueView written = value;
  write_value(written, values.data() + begin);
}

}  // namespace hoiku::proto
