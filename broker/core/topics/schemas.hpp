// schemas.hpp: the schemas of messages that programs have registered, by the names of their types.
//
// Promises   a new schema can be read by readers of the earlier one, and remembers what the numbers of retired fields
//            meant. One that adds nothing changes nothing, so an old program that registers again does not remove the
//            fields of a newer one. Schemas stay during the life of the broker's instance.
// Thread     the core's. Owner: Core.
// Limits     schemas_max types, schema_bytes_max and schema_items_max of each, schemas_bytes_max of memory for all.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/schema.hpp"

namespace hoiku::broker {

class Schemas {
 public:
  explicit Schemas(const Limits& limits) : limits_(&limits) {}

  // Putting an equal schema again costs next to nothing. Errors: those of MessageSchema::parse(); type_mismatch, if it
  // is not compatible with an earlier one; limit_exceeded.
  Result<void> put(const std::string& type_name, const std::string& files);
  // Valid until the next put() of that type; null: not registered.
  const MessageSchema* find(std::string_view type_name) const;
  std::size_t size() const noexcept { return by_type_.size(); }
  std::uint64_t serial() const noexcept { return serial_; }  // changes with each put() that changes a schema

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>()(name); }
  };
  const Limits* limits_;
  std::unordered_map<std::string, MessageSchema, Hash, std::equal_to<>> by_type_;
  std::size_t bytes_ = 0;
  std::uint64_t serial_ = 0;
};

}  // namespace hoiku::broker
