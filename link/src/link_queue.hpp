// link_queue.hpp: the capacity of a link between its ends.
#pragma once

#include <cstddef>

namespace hoiku::link {

// Frames in each direction of a connection. More than the window of unacknowledged batches, so that data never waits in
// a link's queue.
inline constexpr std::size_t link_queue_frames = 64;

}  // namespace hoiku::link
