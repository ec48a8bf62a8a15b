// frame_pool.hpp: allocates coroutine frames from free lists by size, one pool per thread: a warm one calls no malloc.
#pragma once

#include <cstddef>

namespace hoiku::detail {

void* allocate_frame(std::size_t bytes);
void free_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace hoiku::detail
