// settlement.hpp: when to ask the broker for the outcome of posts.
//
// The broker tells it with its next frame, or after 20 ms. That is early enough for a program that only posts. It is
// asked when a flush waits, and while a program posts as fast as it can, so that this never waits for room.
//
// Promises   pure. Owner: Session.
#pragma once

#include <cstddef>

namespace hoiku::client {

class Settlement {
 public:
  // Asks after so many posts, or so many bytes of topics and values: an eighth of the room for posts (bus/posts.hpp).
  static constexpr std::size_t posts_max = 2048;
  static constexpr std::size_t bytes_max = std::size_t{128} << 10;

  void posted(std::size_t bytes) noexcept {
    ++posts_;
    bytes_ += bytes;
  }
  // Somebody waits for the outcome of all posts until now.
  void ask() noexcept { is_asked_ = true; }
  bool is_asked() const noexcept { return is_asked_; }
  // Whether a frame that leaves now asks. `has_all`: every post until now has left with it.
  bool take(bool has_all) noexcept {
    const bool asks = is_asked_ || posts_ >= posts_max || bytes_ >= bytes_max;
    if (has_all) is_asked_ = false;
    if (has_all && asks) posts_ = bytes_ = 0;
    return asks;
  }

 private:
  std::size_t posts_ = 0;  // since a frame asked with which all had left
  std::size_t bytes_ = 0;
  bool is_asked_ = false;
};

}  // namespace hoiku::client
