#include "broker/core/commands/schema.hpp"

#include "broker/core/checks.hpp"
#include "broker/core/sessions/reply.hpp"

namespace hoiku::broker {

void SchemaCommands::execute(Session& session, const proto::RegisterSchema& command) {
  Reply reply(session, command.id);
  if (!reply.is_open()) return;
  auto done = check_message_type(command.message_type, session.limits);
  if (done) done = schemas_.put(command.message_type, command.files);
  if (!done) return reply.fail(done.failure());
  reply.done(proto::Done{command.id});
}

void SchemaCommands::execute(Session& session, const proto::GetSchema& command) {
  Reply reply(session, command.id);
  if (!reply.is_open()) return;
  if (auto checked = check_message_type(command.message_type, session.limits); !checked)
    return reply.fail(checked.failure());
  session.outbox.answer_late(command);
  session.wake();
}

}  // namespace hoiku::broker
