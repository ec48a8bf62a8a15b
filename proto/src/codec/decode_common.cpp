#include "proto/src/codec/decode_common.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "hoiku.pb.h"

namespace hoiku::proto {

namespace pb = hoiku::v1;

Failure violation(std::string message) { return Failure{ErrorCode::protocol_violation, std::move(message)}; }

WallTime wall_time(std::int64_t microseconds) { return WallTime(std::chrono::microseconds(microseconds)); }

std::chrono::milliseconds milliseconds(std::uint64_t count) {
  constexpr auto max = static_cast<std::uint64_t>(std::chrono::milliseconds::max().count());
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(count, max)));
}

hoiku::Version version(const pb::Version& in) { return hoiku::Version{in.epoch(), in.number()}; }

Result<hoiku::Value> take_value(pb::Value& in) {
  switch (in.kind_case()) {
    case pb::Value::kNull:
      return hoiku::Value{};
    case pb::Value::kBoolean:
      return hoiku::Value(in.boolean());
    case pb::Value::kInt64:
      return hoiku::Value(std::int64_t{in.int64()});
    case pb::Value::kFloat64:
      return hoiku::Value(in.float64());
    case pb::Value::kText:
      return hoiku::Value(std::move(*in.mutable_text()));
    case pb::Value::kBlob:
      return hoiku::Value(Bytes{std::move(*in.mutable_blob())});
    case pb::Value::kMessage: {
      pb::Value::Message& message = *in.mutable_message();
      return hoiku::Value(MessageBytes{std::move(*message.mutable_type_name()), std::move(*message.mutable_data())});
    }
    case pb::Value::KIND_NOT_SET:
      break;
  }
  return violation("a value is missing or of an unknown kind");
}

Result<Mode> take_mode(int in) {
  if (in == pb::MODE_LATEST) return Mode::latest;
  if (in == pb::MODE_EVERY) return Mode::every;
  return violation(fmt::format("a subscription has the unknown mode {}", in));
}

namespace {

Result<void> at_most(std::size_t limit, std::size_t count, const char* what) {
  if (count <= limit) return {};
  return Failure{ErrorCode::too_large, fmt::format("a frame has {} {}, at most {} are allowed", count, what, limit)};
}

}  // namespace

Result<void> parse(std::string_view bytes, const Limits& limits, google::protobuf::MessageLite& out) {
  constexpr std::size_t protobuf_bytes_max = std::numeric_limits<int>::max();
  if (auto ok = at_most(std::min(limits.frame_bytes_max, protobuf_bytes_max), bytes.size(), "bytes"); !ok) return ok;
  // Protobuf itself refuses messages that are nested deeper than 100.
  if (out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return violation(fmt::format("a frame of {} bytes is malformed or truncated", bytes.size()));
}

Result<void> check_items(int count, const Limits& limits) {
  return at_most(limits.frame_items_max, static_cast<std::size_t>(count), "items");
}

}  // namespace hoiku::proto
