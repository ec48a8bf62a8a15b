// frame_pool.hpp: coroutine frames from free lists by size, one pool a thread: spawning a task costs no malloc once warm.
#pragma once

#include <cstddef>

namespace hoiku::detail {

void* allocate_frame(std::size_t bytes);
void free_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace hoiku::detail
