// schemas.hpp: what messages look like, by the name of their type, as the programs said that use them.
//
// Promises   a schema never becomes one that readers of an earlier one could not read, nor does it forget what the
//            numbers of fields meant that are gone. One that says nothing new changes nothing, so that an old program
//            that comes back does not take a newer one's fields away. They stay as long as the broker runs.
// Thread     the core's. Owner: Core.
// Limits     schemas_max types, schema_bytes_max and schema_items_max of each, schemas_bytes_max of memory for all of
//            them.
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

  // The same one again costs next to nothing. Errors: what MessageSchema::parse() says; type_mismatch, where it does
  // not go with an earlier one; limit_exceeded.
  Result<void> put(const std::string& type_name, const std::string& files);
  // Until the next put() of that type; null: nobody has said.
  const MessageSchema* find(std::string_view type_name) const;
  std::size_t size() const noexcept { return by_type_.size(); }
  std::uint64_t serial() const noexcept { return serial_; }  // another one after each put() that changed something

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
