// board.hpp: a file in memory in which the writer and all readers of a load say how far they are. The writer stays so
// near to the readers that a peer without flow control loses nothing, and the driver sees rates without asking.
//
// Errors     what fails throws std::runtime_error.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hoiku::bench {

class Board {
 public:
  // 64 bytes, so that no two processes write to one line of a cache. bench/suite/board.py reads the same layout.
  struct alignas(64) Place {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint64_t> newest{0};
  };

  // Maps a file that the driver has made: a place of the writer, and one for each reader.
  explicit Board(const std::string& path);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  Place& writer() { return places_[0]; }
  Place& reader(std::size_t index) { return places_[check(index + 1)]; }
  // The number of the newest value that each of the first `readers` has.
  std::uint64_t slowest(std::size_t readers) const;

 private:
  std::size_t check(std::size_t place) const;

  Place* places_;
  std::size_t count_;
};

// Keeps a writer within a window of values before the slowest of the readers that it follows.
class Window {
 public:
  Window(Board& board, std::size_t readers, std::uint64_t size) : board_(board), readers_(readers), size_(size) {}

  // Whether the writer, whose newest value is `number`, has to wait. It then waits until there is room for half of the
  // window, so that neither side is woken for each value.
  bool is_full(std::uint64_t number);
  // Throws if readers make no progress: then values were lost, and the last of them will not come.
  void check_progress();

 private:
  Board& board_;
  std::size_t readers_;
  std::uint64_t size_;
  bool is_waiting_ = false;
  std::uint64_t slowest_ = 0;
  std::int64_t progressed_ = 0;  // when
};

}  // namespace hoiku::bench
