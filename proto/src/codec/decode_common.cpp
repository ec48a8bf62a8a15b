#include "proto/src/codec/decode_common.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hoiku.pb.h"
#include "hoiku/proto/encoded_value.hpp"

namespace hoiku::proto {

namespace pb = hoiku::v1;
using wire::WireField;

Failure violation(std::string message) { return Failure{ErrorCode::protocol_violation, std::move(message)}; }

WallTime wall_time(std::int64_t microseconds) { return WallTime(std::chrono::microseconds(microseconds)); }

std::chrono::milliseconds milliseconds(std::uint64_t count) {
  constexpr auto max = static_cast<std::uint64_t>(std::chrono::milliseconds::max().count());
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(count, max)));
}

std::chrono::nanoseconds nanoseconds(std::uint64_t count) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(count));
}

std::optional<Quality> known_quality(std::uint64_t bits) noexcept {
  if (bits > static_cast<std::uint64_t>(Quality::orphaned)) return std::nullopt;
  return static_cast<Quality>(bits);
}

void FrameDecoder::check_size(std::string_view frame) {
  if (frame.size() <= frame_bytes_max_) return;
  fail(Failure{ErrorCode::too_large,
               fmt::format("a frame has {} bytes, at most {} are allowed", frame.size(), frame_bytes_max_)});
}

void FrameDecoder::count_items(std::size_t items) {
  if (items <= items_left_) {
    items_left_ -= items;
    return;
  }
  fail(Failure{ErrorCode::too_large, fmt::format("a frame has more than {} items", items_max_)});
}

wire::WireField FrameDecoder::read_one_of(std::string_view message, RequestId& id, int id_field, int first, int last) {
  WireField kind;
  read_all(message, [&](const WireField& field) {
    const int number = static_cast<int>(field.number);
    if (field.type == wire::WireType::length && number >= first && number <= last) kind = field;
    if (field.type == wire::WireType::varint && number == id_field) id = field.bits;
  });
  return kind;
}

std::string_view FrameDecoder::only_text(std::string_view message, int field) {
  std::string_view out;
  read(message, into(field, out));
  return out;
}

std::uint64_t FrameDecoder::only_number(std::string_view message, int field) {
  std::uint64_t out = 0;
  read(message, into(field, out));
  return out;
}

Version FrameDecoder::version(std::string_view message) {
  Version out;
  read(message, into_fixed(pb::Version::kEpochFieldNumber, out.epoch),
       into(pb::Version::kNumberFieldNumber, out.number));
  return out;
}

ValueView FrameDecoder::value_view(std::string_view message) {
  ValueView value;
  if (read_value(message, value)) return value;
  fail(violation("a value is malformed, missing, or of an unknown kind"));
  return {};
}

Quality FrameDecoder::quality(std::uint64_t bits) {
  if (const auto known = known_quality(bits)) return *known;
  fail(violation(fmt::format("a transition has the unknown quality {}", bits)));
  return Quality::live;
}

Mode FrameDecoder::mode(std::uint64_t bits) {
  if (bits == pb::MODE_LATEST) return Mode::latest;
  if (bits == pb::MODE_EVERY) return Mode::every;
  fail(violation(fmt::format("a subscription has the unknown mode {}", bits)));
  return Mode::latest;
}

}  // namespace hoiku::proto
