#include "hoiku/proto/encoded_value.hpp"

#include <array>
#include <utility>

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

// Points the views of the value to those of an encoded Value::Message. False: it is malformed.
bool read_message(std::string_view bytes, ValueView& value) noexcept {
  using W = pb::Value::Message;
  wire::WireReader reader(bytes);
  while (const std::uint32_t found = reader.next_key()) {
    if (found == key(W::kTypeNameFieldNumber, WireType::length)) {
      reader.take(value.type_name);
    } else if (found == key(W::kDataFieldNumber, WireType::length)) {
      reader.take(value.content);
    } else {
      reader.skip(found);
    }
  }
  return !reader.is_malformed();
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

bool read_value(std::string_view bytes, ValueView& value) noexcept {
  using W = pb::Value;
  bool is_known = false;
  const auto become = [&](ValueType type, std::uint64_t bits, std::string_view content) {
    value = ValueView();
    value.type = type;
    value.bits = bits;
    value.content = content;
    is_known = true;
  };
  std::uint64_t bits = 0;
  std::string_view content;
  wire::WireReader reader(bytes);
  // Most values are one of these two.
  if (reader.take_if(key(W::kBlobFieldNumber, WireType::length), content)) {
    become(ValueType::bytes, 0, content);
  } else if (reader.take_if(key(W::kInt64FieldNumber, WireType::varint), bits)) {
    become(ValueType::int64, static_cast<std::uint64_t>(wire::from_zigzag(bits)), {});
  }
  while (const std::uint32_t found = reader.next_key()) {
    switch (found) {
      case key(W::kNullFieldNumber, WireType::varint):
        reader.take(bits);
        become(ValueType::null, 0, {});
        break;
      case key(W::kBooleanFieldNumber, WireType::varint):
        reader.take(bits);
        become(ValueType::boolean, bits != 0 ? 1 : 0, {});
        break;
      case key(W::kInt64FieldNumber, WireType::varint):
        reader.take(bits);
        become(ValueType::int64, static_cast<std::uint64_t>(wire::from_zigzag(bits)), {});
        break;
      case key(W::kFloat64FieldNumber, WireType::fixed64):
        reader.take_fixed(bits);
        become(ValueType::float64, bits, {});
        break;
      case key(W::kTextFieldNumber, WireType::length):
        reader.take(content);
        become(ValueType::string, 0, content);
        break;
      case key(W::kBlobFieldNumber, WireType::length):
        reader.take(content);
        become(ValueType::bytes, 0, content);
        break;
      case key(W::kMessageFieldNumber, WireType::length):
        reader.take(content);
        become(ValueType::message, 0, content);
        break;
      default:
        reader.skip(found);
        break;
    }
  }
  if (!is_known || reader.is_malformed()) return false;
  return value.type != ValueType::message || read_message(std::exchange(value.content, {}), value);
}

void Sets::add(std::uint32_t topic, const ValueView& value) {
  const std::size_t bytes = encoded_bytes(value);
  topics.push_back(topic);
  lengths.push_back(static_cast<std::uint32_t>(bytes));
  ValueView written = value;
  if (std::array<char, 64> buffer; bytes <= buffer.size()) {
    write_value(written, buffer.data());
    values.append(buffer.data(), bytes);
    return;
  }
  const std::size_t begin = values.size();
  values.resize(begin + bytes);
  write_value(written, values.data() + begin);
}

}  // namespace hoiku::proto
