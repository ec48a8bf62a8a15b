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

std::size_t bytes_around_the_value(const Change& change) noexcept {
  std::size_t bytes = 0;
  if (change.revision_step != 0) bytes += number_bytes(change.revision_step);
  if (change.time_step.count() != 0) bytes += number_bytes(wire::to_zigzag(change.time_step.count()));
  if (change.quality != Quality::live) bytes += 2;
  if (change.source_time) bytes += number_bytes(wire::to_zigzag(change.source_time->time_since_epoch().count()));
  if (change.writer) bytes += text_bytes(change.writer->size());
  return bytes;
}

}  // namespace

ChangeWriter::ChangeWriter(const Change& change) noexcept
    : change_(change),
      value_bytes_(encoded_bytes(change.value)),
      content_bytes_(text_bytes(value_bytes_) + bytes_around_the_value(change)),
      bytes_(text_bytes(content_bytes_)) {}

ValueView ChangeWriter::write(char* to) const noexcept {
  wire::RawWriter writer(to);
  writer.length(pb::Delivery::kChangesFieldNumber, content_bytes_);
  if (change_.revision_step != 0) writer.number(revision_step_field, change_.revision_step);
  if (change_.time_step.count() != 0) writer.zigzag(time_step_field, change_.time_step.count());
  if (change_.quality != Quality::live) writer.number(quality_field, static_cast<std::uint64_t>(change_.quality));
  if (change_.source_time) writer.zigzag(source_time_field, change_.source_time->time_since_epoch().count());
  if (change_.writer) writer.text(writer_field, *change_.writer);
  writer.length(value_field, value_bytes_);
  ValueView written = change_.value;
  write_value(written, writer.end());
  return written;
}

std::optional<Change> read_change(std::string_view contents) noexcept {
  using wire::WireType;
  Change change;
  std::string_view value;
  std::uint64_t bits = 0;
  wire::WireReader reader(contents);
  // Most changes have these three, in this order.
  reader.take_if(key(revision_step_field, WireType::varint), change.revision_step);
  if (reader.take_if(key(time_step_field, WireType::varint), bits))
    change.time_step = std::chrono::microseconds(wire::from_zigzag(bits));
  reader.take_if(key(value_field, WireType::length), value);
  while (const std::uint32_t found = reader.next_key()) {
    switch (found) {
      case key(revision_step_field, WireType::varint):
        reader.take(change.revision_step);
        break;
      case key(time_step_field, WireType::varint):
        reader.take(bits);
        change.time_step = std::chrono::microseconds(wire::from_zigzag(bits));
        break;
      case key(value_field, WireType::length):
        reader.take(value);
        break;
      case key(quality_field, WireType::varint): {
        reader.take(bits);
        const auto quality = known_quality(bits);
        if (!quality) return std::nullopt;
        change.quality = *quality;
        break;
      }
      case key(source_time_field, WireType::varint):
        reader.take(bits);
        change.source_time = wall_time(wire::from_zigzag(bits));
        break;
      case key(writer_field, WireType::length):
        reader.take(change.writer.emplace());
        break;
      default:
        reader.skip(found);
        break;
    }
  }
  if (reader.is_malformed() || !read_value(value, change.value)) return std::nullopt;
  return change;
}

std::optional<Change> ChangeReader::next() noexcept {
  constexpr std::uint32_t change_key = key(pb::Delivery::kChangesFieldNumber, wire::WireType::length);
  wire::WireReader reader(rest_);
  std::string_view contents;
  bool is_found = reader.take_if(change_key, contents);
  while (!is_found) {
    const std::uint32_t found = reader.next_key();
    if (found == 0) break;
    is_found = found == change_key;
    is_found ? reader.take(contents) : reader.skip(found);
  }
  rest_ = reader.rest();
  std::optional<Change> change;
  if (is_found && !reader.is_malformed()) change = read_change(contents);
  malformed_ = malformed_ || reader.is_malformed() || (is_found && !change);
  return change;
}

}  // namespace hoiku::proto
