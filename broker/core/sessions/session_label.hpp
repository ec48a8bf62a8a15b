// session_label.hpp: by which name people tell one session from another.
#pragma once

#include <string>

#include "broker/core/sessions/session.hpp"

namespace hoiku::broker {

// The client's name, as a segment of a topic's name (at most 40 bytes of it; what cannot stand there becomes '-'), and
// the session's number: "screen-2f". No two sessions of one run have the same.
std::string session_label(const Session& session);

}  // namespace hoiku::broker
