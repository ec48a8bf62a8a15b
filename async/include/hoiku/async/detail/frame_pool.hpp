// frame_pool.hpp: allocates coroutine frames from free lists by size, one pool per thread: a warm one calls no malloc.
#pragma once

#include <cstddef>

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

void* allocate_frame(std::size_t bytes);
void free_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace detail
}  // namespace hoiku
