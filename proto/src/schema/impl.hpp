// impl.hpp: the state of a MessageSchema.
//
// Protobuf's own descriptors take many times the memory of the shape. Paths do not need them, so they are built at the
// first call that needs JSON.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "hoiku/proto/schema.hpp"
#include "proto/src/schema/shape.hpp"

namespace hoiku {

struct MessageSchema::Impl {
  Impl(std::string type, std::string bytes, const Limits& limits_given, schema::Shape made);
  const schema::Pool& pool() const;

  std::string type_name;
  std::string files;
  Limits limits;
  schema::Shape shape;
  std::size_t digest;  // of the files

 private:
  mutable std::once_flag pool_made;
  mutable std::unique_ptr<schema::Pool> kept_pool;
};

}  // namespace hoiku
