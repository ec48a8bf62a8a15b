#include "hoiku/async/detail/frame_pool.hpp"

#include <array>
#include <new>
#include <utility>

namespace hoiku::detail {

#if defined(__SANITIZE_ADDRESS__)
// Under AddressSanitizer every frame is an allocation of its own, so that it reports a use after the frame's end.
void* allocate_frame(std::size_t bytes) { return ::operator new(bytes); }
void free_frame(void* frame, std::size_t) noexcept { ::operator delete(frame); }
#else

namespace {

constexpr std::size_t granule_bytes = 64;
constexpr std::size_t size_classes = 32;  // frames up to 2 KiB; larger ones are rare and go to operator new

class FramePool {
 public:
  ~FramePool() {
    for (Free* list : free_) {
      while (list) ::operator delete(static_cast<void*>(std::exchange(list, list->next)));
    }
  }

  void* allocate(std::size_t bytes) {
    const std::size_t size_class = (bytes - 1) / granule_bytes;
    if (size_class >= size_classes) return ::operator new(bytes);
    Free*& list = free_[size_class];
    if (!list) return ::operator new((size_class + 1) * granule_bytes);
    return std::exchange(list, list->next);
  }

  void free(void* frame, std::size_t bytes) noexcept {
    const std::size_t size_class = (bytes - 1) / granule_bytes;
    if (size_class >= size_classes) return ::operator delete(frame);
    free_[size_class] = new (frame) Free{free_[size_class]};
  }

 private:
  struct Free {
    Free* next;
  };
  std::array<Free*, size_classes> free_{};
};

FramePool& pool() {
  static thread_local FramePool instance;
  return instance;
}

}  // namespace

void* allocate_frame(std::size_t bytes) { return pool().allocate(bytes); }
void free_frame(void* frame, std::size_t bytes) noexcept { pool().free(frame, bytes); }
#endif

}  // namespace hoiku::detail
