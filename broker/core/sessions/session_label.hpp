// session_label.hpp: the display name of a session, unique within a broker instance.
#pragma once

#include <string>

#include "broker/core/sessions/session.hpp"

namespace hoiku::broker {

// The client's name as a segment of a topic's name (at most 40 bytes; characters that a segment cannot have become
// '-'), and the session's number: "screen-2f".
std::string session_label(const Session& session);

}  // namespace hoiku::broker
