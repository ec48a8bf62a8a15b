#include "broker/core/commands/list.hpp"

#include "broker/core/sessions/reply.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

void ListCommands::execute(Session& session, const proto::Get& command) {
  Reply reply(session, command.id);
  if (!reply.is_open()) return;
  if (auto checked = check_topic_name(command.topic, session.limits); !checked) return reply.fail(checked.failure());
  broker_topics_.requested(command.topic);
  session.outbox.answer_late(command);
  session.wake();
}

void ListCommands::execute(Session& session, const proto::List& command) {
  Reply reply(session, command.id);
  if (!reply.is_open()) return;
  if (auto checked = check_topic_pattern(command.pattern, session.limits); !checked)
    return reply.fail(checked.failure());
  broker_topics_.requested(command.pattern);
  session.outbox.answer_late(command);
  session.wake();
}

void ListCommands::execute(Session& session, const proto::ListReaders& command) {
  const Reply reply(session, command.id);
  if (!reply.is_open()) return;
  session.outbox.answer_late(command);
  session.wake();
}

}  // namespace hoiku::broker
