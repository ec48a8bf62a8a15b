// schema.hpp: the commands about schemas of messages: RegisterSchema, GetSchema.
#pragma once

#include "broker/core/sessions/session.hpp"
#include "broker/core/topics/schemas.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class SchemaCommands {
 public:
  explicit SchemaCommands(Schemas& schemas) : schemas_(schemas) {}

  void execute(Session& session, const proto::RegisterSchema& command);
  void execute(Session& session, const proto::GetSchema& command);

 private:
  Schemas& schemas_;
};

}  // namespace hoiku::broker
