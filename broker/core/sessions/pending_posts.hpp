// pending_posts.hpp: the posts of one session that the store has not confirmed, by the client frames that brought them.
//
// Promises   a client frame is settled when each of its posts is committed, or was refused, and all frames before it
//            are settled.
// Thread     the core's. Owner: Session.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace hoiku::broker {

class PendingPosts {
 public:
  // A post of that client frame waits for the store. Frames come in order.
  void begin(std::uint64_t frame) {
    ++posts_;
    if (frames_.empty() || frames_.back().number != frame) frames_.push_back(Frame{frame, 0});
    ++frames_.back().posts;
  }
  // A post of that frame is committed. True: more frames are settled now.
  bool end(std::uint64_t frame) noexcept {
    const auto found = std::lower_bound(frames_.begin(), frames_.end(), frame,
                                        [](const Frame& one, std::uint64_t wanted) { return one.number < wanted; });
    --found->posts;
    --posts_;
    const std::size_t before = frames_.size();
    while (!frames_.empty() && frames_.front().posts == 0) frames_.pop_front();
    return frames_.size() < before;
  }
  std::size_t size() const noexcept { return posts_; }
  // The last client frame that is settled. `executed`: the last one that is executed.
  std::uint64_t settled_through(std::uint64_t executed) const noexcept {
    return frames_.empty() ? executed : frames_.front().number - 1;
  }

 private:
  struct Frame {
    std::uint64_t number = 0;
    std::size_t posts = 0;
  };
  std::deque<Frame> frames_;
  std::size_t posts_ = 0;  // in all of them
};

}  // namespace hoiku::broker
