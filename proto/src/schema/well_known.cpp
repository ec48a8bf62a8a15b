// well_known.cpp: the types that Protobuf's JSON knows by name.
//
// Protobuf reads a Timestamp, an Any or a Struct as Protobuf itself defines it, whatever an untrusted schema says. So
// another definition under such a name is refused.
#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <array>

#include "proto/src/schema/shape.hpp"

namespace hoiku::schema {
namespace {

namespace pb = google::protobuf;

bool is_same(const pb::FieldDescriptor& a, const pb::FieldDescriptor& b) {
  const auto type_name = [](const pb::FieldDescriptor& field) {
    if (field.message_type() != nullptr) return field.message_type()->full_name();
    return field.enum_type() != nullptr ? field.enum_type()->full_name() : std::string();
  };
  return a.name() == b.name() && a.number() == b.number() && a.type() == b.type() && a.label() == b.label() &&
         type_name(a) == type_name(b);
}

bool is_same(const pb::Descriptor& a, const pb::Descriptor& b) {
  if (a.field_count() != b.field_count()) return false;
  for (int i = 0; i < a.field_count(); ++i) {
    const pb::FieldDescriptor* other = b.FindFieldByNumber(a.field(i)->number());
    if (other == nullptr || !is_same(*a.field(i), *other)) return false;
    // The entries of Struct. Every other nested message of these types is itself in the list.
    if (a.field(i)->is_map() && !(other->is_map() && is_same(*a.field(i)->message_type(), *other->message_type())))
      return false;
  }
  return true;
}

}  // namespace

std::string redefined_well_known_type(const Pool& pool) {
  const std::array own{pb::Any::descriptor(),         pb::BoolValue::descriptor(),   pb::BytesValue::descriptor(),
                       pb::DoubleValue::descriptor(), pb::Duration::descriptor(),    pb::FieldMask::descriptor(),
                       pb::FloatValue::descriptor(),  pb::Int32Value::descriptor(),  pb::Int64Value::descriptor(),
                       pb::ListValue::descriptor(),   pb::StringValue::descriptor(), pb::Struct::descriptor(),
                       pb::Timestamp::descriptor(),   pb::UInt32Value::descriptor(), pb::UInt64Value::descriptor(),
                       pb::Value::descriptor()};
  for (const pb::Descriptor* type : own) {
    const pb::Descriptor* found = pool.descriptors->FindMessageTypeByName(type->full_name());
    if (found != nullptr && !is_same(*type, *found)) return type->full_name();
  }
  return {};
}

}  // namespace hoiku::schema
