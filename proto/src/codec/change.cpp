// change.cpp: changes from and to bytes, without an intermediate buffer.
#include "hoiku/proto/change.hpp"

#include "hoiku.pb.h"
#include "hoiku/proto/encoded_value.hpp"
#include "proto/src/codec/decode_common.hpp"
#include "proto/src/codec/raw_writer.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;
using wire::number_bytes;
using wire::text_bytes;

constexpr int revision_step_field = pb::Change::kRevisionStepFieldNumber;
constexpr int time_step_field = pb::Change::kTimeStepUsFieldNumber;
constexpr int value_field = pb::Change::kValueFieldNumber;
constexpr int quality_field = pb::Change::kQualityFieldNumber;
constexpr int source_time_field = pb::Change::kSourceTimeUsFieldNumber;
constexpr int writer_field = pb::Change::kWriterFieldNumber;

// The bytes of the Change itself.
std::size_t content_bytes(const Change& change) noexcept {
  std::size_t bytes = text_bytes(encoded_bytes(change.value));
  if (change.revision_step != 0) bytes += number_bytes(change.revision_step);
  if (change.time_step.count() != 0) bytes += number_bytes(wire::to_zigzag(change.time_step.count()));
  if (change.quality != Quality::live) bytes += 2;
  if (change.source_time) bytes += number_bytes(wire::to_zigzag(change.source_time->time_since_epoch().count()));
  if (change.writer) bytes += text_bytes(change.writer->size());
  return bytes;
}

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
  wire::RawWriter writer(to);
  writer.length(pb::Delivery::kChangesFieldNumber, content_bytes(change));
  if (change.revision_step != 0) writer.number(revision_step_field, change.revision_step);
  if (change.time_step.count() != 0) writer.zigzag(time_step_field, change.time_step.count());
  if (change.quality != Quality::live) writer.number(quality_field, static_cast<std::uint64_t>(change.quality));
  if (change.source_time) writer.zigzag(source_time_field, change.source_time->time_since_epoch().count());
  if (change.writer) written.writer = writer.text(writer_field, *change.writer);
  writer.length(value_field, encoded_bytes(change.value));
  write_value(written.value, writer.end());
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
