// change.cpp: changes from and to bytes, without an intermediate buffer.
#include "hoiku/proto/change.hpp"

#include <bit>
#include <cstring>

#include "hoiku.pb.h"
#include "proto/src/codec/decode_common.hpp"
#include "proto/src/wire/writer.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;
using wire::varint_bytes;

constexpr int revision_step_field = pb::Change::kRevisionStepFieldNumber;
constexpr int time_step_field = pb::Change::kTimeStepUsFieldNumber;
constexpr int value_field = pb::Change::kValueFieldNumber;
constexpr int quality_field = pb::Change::kQualityFieldNumber;
constexpr int source_time_field = pb::Change::kSourceTimeUsFieldNumber;
constexpr int writer_field = pb::Change::kWriterFieldNumber;

// The bytes of a field whose tag takes one byte, and of a length with its contents.
std::size_t number_bytes(std::uint64_t number) noexcept { return 1 + varint_bytes(number); }
std::size_t text_bytes(std::size_t size) noexcept { return 1 + varint_bytes(size) + size; }
std::size_t optional_text_bytes(std::size_t size) noexcept { return size == 0 ? 0 : text_bytes(size); }

std::size_t message_bytes(const ValueView& value) noexcept {
  return optional_text_bytes(value.type_name.size()) + optional_text_bytes(value.content.size());
}

std::size_t value_bytes(const ValueView& value) noexcept {
  switch (value.type) {
    case ValueType::int64:
      return number_bytes(wire::to_zigzag(value.as_int64()));
    case ValueType::float64:
      return 1 + sizeof(value.bits);
    case ValueType::string:
    case ValueType::bytes:
      return text_bytes(value.content.size());
    case ValueType::message:
      return text_bytes(message_bytes(value));
    default:
      return 2;
  }
}

// The bytes of the Change itself.
std::size_t content_bytes(const Change& change) noexcept {
  std::size_t bytes = text_bytes(value_bytes(change.value));
  if (change.revision_step != 0) bytes += number_bytes(change.revision_step);
  if (change.time_step.count() != 0) bytes += number_bytes(wire::to_zigzag(change.time_step.count()));
  if (change.quality != Quality::live) bytes += 2;
  if (change.source_time) bytes += number_bytes(wire::to_zigzag(change.source_time->time_since_epoch().count()));
  if (change.writer) bytes += text_bytes(change.writer->size());
  return bytes;
}

class ChangeWriter {
 public:
  explicit ChangeWriter(char* to) noexcept : to_(to) {}

  void number(int field, std::uint64_t value) noexcept {
    tag(field, wire::WireType::varint);
    varint(value);
  }
  void zigzag(int field, std::int64_t value) noexcept { number(field, wire::to_zigzag(value)); }
  void fixed(int field, std::uint64_t value) noexcept {
    tag(field, wire::WireType::fixed64);
    for (int i = 0; i < 8; ++i) *to_++ = static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void length(int field, std::size_t bytes) noexcept {
    tag(field, wire::WireType::length);
    varint(bytes);
  }
  std::string_view text(int field, std::string_view content) noexcept {
    length(field, content.size());
    char* const begin = to_;
    if (!content.empty()) std::memcpy(begin, content.data(), content.size());
    to_ += content.size();
    return {begin, content.size()};
  }
  // Points the value's views at what is written.
  void value(ValueView& value) noexcept {
    using W = pb::Value;
    switch (value.type) {
      case ValueType::null:
        return number(W::kNullFieldNumber, 0);
      case ValueType::boolean:
        return number(W::kBooleanFieldNumber, value.bits);
      case ValueType::int64:
        return zigzag(W::kInt64FieldNumber, value.as_int64());
      case ValueType::float64:
        return fixed(W::kFloat64FieldNumber, value.bits);
      case ValueType::string:
        value.content = text(W::kTextFieldNumber, value.content);
        return;
      case ValueType::bytes:
        value.content = text(W::kBlobFieldNumber, value.content);
        return;
      case ValueType::message:
        length(W::kMessageFieldNumber, message_bytes(value));
        if (!value.type_name.empty()) value.type_name = text(W::Message::kTypeNameFieldNumber, value.type_name);
        if (!value.content.empty()) value.content = text(W::Message::kDataFieldNumber, value.content);
        return;
    }
  }

 private:
  void tag(int field, wire::WireType type) noexcept { *to_++ = static_cast<char>(key(field, type)); }
  void varint(std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) *to_++ = static_cast<char>(static_cast<std::uint8_t>(value | 0x80));
    *to_++ = static_cast<char>(static_cast<std::uint8_t>(value));
  }

  char* to_;
};

// Decodes one Change.
class ChangeDecoder : private FrameDecoder {
 public:
  ChangeDecoder() : FrameDecoder(0, 0) {}

  std::optional<Change> decode(std::string_view message) {
    Change change;
    std::string_view content;
    std::int64_t time_step = 0;
    read(message, into(revision_step_field, change.revision_step),
         varint(time_step_field, [&](std::uint64_t bits) { time_step = wire::from_zigzag(bits); }),
         into(value_field, content), varint(quality_field, [&](std::uint64_t bits) { change.quality = quality(bits); }),
         into(source_time_field, change.source_time),
         contents(writer_field, [&](std::string_view bytes) { change.writer = bytes; }));
    change.time_step = std::chrono::microseconds(time_step);
    change.value = value_view(content);
    if (has_failed()) return std::nullopt;
    return change;
  }
};

}  // namespace

std::size_t encoded_bytes(const Change& change) noexcept { return text_bytes(content_bytes(change)); }

Change write(const Change& change, char* to) noexcept {
  Change written = change;
  ChangeWriter writer(to);
  writer.length(pb::Delivery::kChangesFieldNumber, content_bytes(change));
  if (change.revision_step != 0) writer.number(revision_step_field, change.revision_step);
  if (change.time_step.count() != 0) writer.zigzag(time_step_field, change.time_step.count());
  if (change.quality != Quality::live) writer.number(quality_field, static_cast<std::uint64_t>(change.quality));
  if (change.source_time) writer.zigzag(source_time_field, change.source_time->time_since_epoch().count());
  if (change.writer) written.writer = writer.text(writer_field, *change.writer);
  writer.length(value_field, value_bytes(change.value));
  writer.value(written.value);
  return written;
}

std::optional<Change> ChangeReader::next() noexcept {
  wire::WireReader reader(rest_);
  while (const auto field = reader.next()) {
    rest_ = reader.rest();
    if (key_of(*field) != key(pb::Delivery::kChangesFieldNumber, wire::WireType::length)) continue;
    std::optional<Change> change = ChangeDecoder().decode(field->contents);
    malformed_ = !change;
    return change;
  }
  malformed_ = malformed_ || reader.is_malformed();
  rest_ = {};
  return std::nullopt;
}

}  // namespace hoiku::proto
