#include "proto/src/codec/decode_common.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hoiku.pb.h"

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
  using W = pb::Value;
  using wire::WireType;
  std::optional<ValueView> out;
  const auto take = [&out](ValueType type) -> ValueView& {
    out.emplace().type = type;
    return *out;
  };
  read_all(message, [&](const WireField& field) {
    switch (key_of(field)) {
      case key(W::kNullFieldNumber, WireType::varint):
        take(ValueType::null);
        break;
      case key(W::kBooleanFieldNumber, WireType::varint):
        take(ValueType::boolean).bits = field.bits != 0 ? 1 : 0;
        break;
      case key(W::kInt64FieldNumber, WireType::varint):
        take(ValueType::int64).bits = static_cast<std::uint64_t>(wire::from_zigzag(field.bits));
        break;
      case key(W::kFloat64FieldNumber, WireType::fixed64):
        take(ValueType::float64).bits = field.bits;
        break;
      case key(W::kTextFieldNumber, WireType::length):
        take(ValueType::string).content = field.contents;
        break;
      case key(W::kBlobFieldNumber, WireType::length):
        take(ValueType::bytes).content = field.contents;
        break;
      case key(W::kMessageFieldNumber, WireType::length):
        take(ValueType::message).content = field.contents;
        break;
      default:
        break;
    }
  });
  if (!out) {
    fail(violation("a value is missing or of an unknown kind"));
    return {};
  }
  if (out->type == ValueType::message) {
    const std::string_view inner = std::exchange(out->content, {});
    read(inner, into(W::Message::kTypeNameFieldNumber, out->type_name),
         into(W::Message::kDataFieldNumber, out->content));
  }
  return *out;
}

Quality FrameDecoder::quality(std::uint64_t bits) {
  if (bits <= static_cast<std::uint64_t>(Quality::orphaned)) return static_cast<Quality>(bits);
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
