// frame_rest.hpp: a client frame that was executed in part: a later turn goes on with it.
#pragma once

#include <cstddef>

#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// The next command of a frame, and in a Sets, its next write.
struct FramePosition {
  std::size_t command = 0;
  std::size_t write = 0;
};

struct FrameRest {
  proto::ClientFrame frame;
  FramePosition next;
};

}  // namespace hoiku::broker
