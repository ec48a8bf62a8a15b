// schema.cpp: what messages look like, for predicates and for whoever asks.
#include "broker/core/core_rooms.hpp"

namespace hoiku::broker {

void Core::Rooms::execute(Session& session, const proto::RegisterSchema& schema) {
  if (!begin_request(session, schema.id)) return;
  if (auto checked = check_message_type(schema.message_type, limits); !checked) {
    return fail(session, schema.id, checked.failure(), Outbox::Of::request);
  }
  if (auto put = schemas.put(schema.message_type, schema.files); !put) {
    return fail(session, schema.id, put.failure(), Outbox::Of::request);
  }
  session.answer(proto::Done{schema.id}, Outbox::Of::request);
}

void Core::Rooms::execute(Session& session, const proto::GetSchema& schema) {
  if (!begin_request(session, schema.id)) return;
  if (auto checked = check_message_type(schema.message_type, limits); !checked) {
    return fail(session, schema.id, checked.failure(), Outbox::Of::request);
  }
  session.outbox.answer_schema(schema.id, schema.message_type);
  session.wake();
}

const std::string* Core::Rooms::schema_files(std::string_view message_type) const {
  const MessageSchema* schema = schemas.find(message_type);
  return schema == nullptr ? nullptr : &schema->files();
}

}  // namespace hoiku::broker
