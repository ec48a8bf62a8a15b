#include "broker/core/core_rooms.hpp"

namespace hoiku::broker {

void Core::Rooms::execute(Session& session, const proto::Declare& declare) {
  if (begin_request(session, declare.id))
    fail(session, declare.id, {ErrorCode::unavailable, "not yet"}, Outbox::Of::request);
}
void Core::Rooms::execute(Session& session, const proto::Own& own, Instant) {
  if (begin_request(session, own.id)) fail(session, own.id, {ErrorCode::unavailable, "not yet"}, Outbox::Of::request);
}
void Core::Rooms::execute(Session&, const proto::Release&, Instant) {}

}  // namespace hoiku::broker
