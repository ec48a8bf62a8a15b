#include "bench/loads/board.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "bench/loads/tally.hpp"

namespace hoiku::bench {
namespace {

constexpr std::int64_t patience_ns = 5'000'000'000;

}  // namespace

Board::Board(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  struct stat state {};
  if (file < 0 || ::fstat(file, &state) != 0) throw std::runtime_error("the board cannot be opened: " + path);
  const auto bytes = static_cast<std::size_t>(state.st_size);
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped == MAP_FAILED) throw std::runtime_error("the board cannot be mapped: " + path);
  places_ = static_cast<Place*>(mapped);
  count_ = bytes / sizeof(Place);
}

Board::~Board() { ::munmap(places_, count_ * sizeof(Place)); }

std::size_t Board::check(std::size_t place) const {
  if (place >= count_) throw std::runtime_error("the board has no place for reader " + std::to_string(place - 1));
  return place;
}

std::uint64_t Board::slowest(std::size_t readers) const {
  std::uint64_t newest = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 1; i <= readers; ++i)
    newest = std::min(newest, places_[check(i)].newest.load(std::memory_order_acquire));
  return newest;
}

bool Window::is_full(std::uint64_t number) {
  if (readers_ == 0) return false;
  slowest_ = std::max(slowest_, board_.slowest(readers_));
  const std::uint64_t ahead = number - std::min(number, slowest_);
  const bool was_waiting = is_waiting_;
  is_waiting_ = ahead >= (was_waiting ? size_ / 2 : size_);
  if (is_waiting_ && !was_waiting) progressed_ = monotonic_nanoseconds();
  return is_waiting_;
}

void Window::check_progress() {
  const std::uint64_t slowest = board_.slowest(readers_);
  const std::int64_t now = monotonic_nanoseconds();
  if (slowest > slowest_) progressed_ = now;
  if (now - progressed_ > patience_ns)
    throw std::runtime_error("a reader has stopped at value " + std::to_string(slowest_));
}

}  // namespace hoiku::bench
