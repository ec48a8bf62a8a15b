#include "broker/core/core_rooms.hpp"

namespace hoiku::broker {

void Core::Rooms::execute(Session& session, const proto::RegisterSchema& schema) {
  if (begin_request(session, schema.id))
    fail(session, schema.id, {ErrorCode::unavailable, "not yet"}, Outbox::Of::request);
}
void Core::Rooms::execute(Session& session, const proto::GetSchema& schema) {
  if (begin_request(session, schema.id))
    fail(session, schema.id, {ErrorCode::unavailable, "not yet"}, Outbox::Of::request);
}

}  // namespace hoiku::broker
