// link_queue.hpp: how much a link holds between its ends.
#pragma once

#include <cstddef>

namespace hoiku::link {

// Frames, in each direction of a connection. Above the window of unacknowledged batches, so that a link's queue is never
// where data waits.
inline constexpr std::size_t link_queue_frames = 64;

}  // namespace hoiku::link
