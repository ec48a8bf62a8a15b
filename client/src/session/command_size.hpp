// command_size.hpp: about how many bytes a command takes on the wire, never too few: so that a frame is full before it
// is over its limit. The exact size is known only to the codec, after the frame was made.
#pragma once

#include <cstddef>

#include "hoiku/proto/message.hpp"

namespace hoiku::client {

std::size_t encoded_bytes_bound(const proto::Command& command);

}  // namespace hoiku::client
