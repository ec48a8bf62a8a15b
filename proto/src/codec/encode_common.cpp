#include "proto/src/codec/encode_common.hpp"

#include <algorithm>
#include <cstdint>

#include "hoiku.pb.h"
#include "hoiku/proto/size.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;

void put_content(wire::WireWriter& to, const ValueView& value) {
  using W = pb::Value;
  switch (value.type) {
    case ValueType::null:
      return to.number_even_if_zero(W::kNullFieldNumber, pb::NULL_VALUE);
    case ValueType::boolean:
      return to.number_even_if_zero(W::kBooleanFieldNumber, value.bits);
    case ValueType::int64:
      return to.zigzag_even_if_zero(W::kInt64FieldNumber, value.as_int64());
    case ValueType::float64:
      return to.fixed_even_if_zero(W::kFloat64FieldNumber, value.bits);
    case ValueType::string:
      return to.bytes_even_if_empty(W::kTextFieldNumber, value.content);
    case ValueType::bytes:
      return to.bytes_even_if_empty(W::kBlobFieldNumber, value.content);
    case ValueType::message:
      return to.message(W::kMessageFieldNumber, value.payload_bytes() + 8, [&] {
        to.bytes(W::Message::kTypeNameFieldNumber, value.type_name);
        to.bytes(W::Message::kDataFieldNumber, value.content);
      });
  }
}

void put_node(wire::WireWriter& to, const Predicate::Node& node) {
  using W = pb::Predicate;
  to.number(W::kKindFieldNumber, static_cast<std::uint64_t>(node.kind));
  if (node.kind == Predicate::Kind::comparison) to.number(W::kOpFieldNumber, static_cast<std::uint64_t>(node.op));
  if (node.kind == Predicate::Kind::literal) {
    if (node.literal_text.empty()) {
      put_value(to, W::kValueFieldNumber, node.literal);
    } else {
      to.bytes(W::kTextFieldNumber, node.literal_text);
    }
  }
  for (const std::string& name : node.path) to.bytes_even_if_empty(W::kPathFieldNumber, name);
  for (const Predicate::Node& child : node.children) {
    to.message(W::kChildrenFieldNumber, small, [&] { put_node(to, child); });
  }
}

}  // namespace

void put_value(wire::WireWriter& to, int field, const ValueView& value) {
  to.message(field, value.payload_bytes() + 4, [&] { put_content(to, value); });
}

void put_version(wire::WireWriter& to, int field, const Version& version) {
  to.message(field, small, [&] {
    to.fixed(pb::Version::kEpochFieldNumber, version.epoch);
    to.number(pb::Version::kNumberFieldNumber, version.number);
  });
}

void put_time(wire::WireWriter& to, int field, WallTime time) {
  to.zigzag_even_if_zero(field, time.time_since_epoch().count());
}

void put_duration(wire::WireWriter& to, int field, std::chrono::nanoseconds duration) {
  to.number(field, static_cast<std::uint64_t>(duration.count()));
}

void put_milliseconds(wire::WireWriter& to, int field, std::chrono::milliseconds duration) {
  to.number(field, static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)));
}

void put_transition(wire::WireWriter& to, int field, const Transition& transition) {
  using W = pb::Transition;
  to.message(field, size_of(transition).expected(), [&] {
    to.bytes(W::kTopicFieldNumber, transition.topic);
    put_version(to, W::kVersionFieldNumber, transition.version);
    to.number(W::kRevisionFieldNumber, transition.revision);
    put_value(to, W::kValueFieldNumber, transition.value);
    to.number(W::kChangedAtUsFieldNumber, static_cast<std::uint64_t>(transition.changed_at.time_since_epoch().count()));
    to.bytes(W::kWriterFieldNumber, transition.writer);
    to.number(W::kQualityFieldNumber, static_cast<std::uint64_t>(transition.quality));
    if (transition.source_time) put_time(to, W::kSourceTimeUsFieldNumber, *transition.source_time);
  });
}

void put_predicate(wire::WireWriter& to, int field, const Predicate& predicate) {
  to.message(field, small, [&] { put_node(to, predicate.root()); });
}

void put_failure(wire::WireWriter& to, int field, const Failure& failure) {
  to.message(field, small, [&] {
    to.number(pb::Failure::kCodeFieldNumber, static_cast<std::uint64_t>(failure.code));
    to.bytes(pb::Failure::kMessageFieldNumber, failure.message);
  });
}

}  // namespace hoiku::proto
