// field_path_impl.hpp: the state of a FieldPath: how to find a field in the bytes of a message.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hoiku/proto/field_path.hpp"
#include "proto/src/schema/shape.hpp"

namespace hoiku {

struct FieldPath::Impl {
  struct Member {
    std::uint32_t number = 0;
    wire::WireType type{};
    std::shared_ptr<const schema::EnumShape> closed;  // null: any number is allowed
  };
  struct Step {
    Member own;
    std::vector<Member> others;  // of the same oneof: each clears this field
  };

  std::string message_type;
  std::string key;
  std::vector<Step> steps;   // never empty
  schema::FieldType type{};  // of the last one
  bool is_implicit = false;
  std::shared_ptr<const schema::EnumShape> names;  // of an enumeration
};

}  // namespace hoiku
