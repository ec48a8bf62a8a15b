// pending_posts.hpp: the posts of one session that the store has not confirmed, by the client frames that brought them.
//
// Promises   a client frame is settled when each of its posts is committed, or was refused, and all frames before it
//            are settled.
// Thread     the core's. Owner: Session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace hoiku::broker {

class PendingPosts {
 public:
  // A post of that client frame waits for the commits up to `sequence`. Neither number ever falls.
  void begin(std::uint64_t frame, std::uint64_t sequence) {
    ++posts_;
    if (frames_.empty() || frames_.back().number != frame) frames_.push_back(Frame{frame, 0, 0});
    ++frames_.back().posts;
    frames_.back().sequence = sequence;
  }
  // All commits through `sequence` are committed. True: more frames are settled now.
  bool end_through(std::uint64_t sequence) noexcept {
    const std::size_t before = frames_.size();
    for (; !frames_.empty() && frames_.front().sequence <= sequence; frames_.pop_front())
      posts_ -= frames_.front().posts;
    return frames_.size() < before;
  }
  // The posts of frames that are not settled.
  std::size_t size() const noexcept { return posts_; }
  // The last client frame that is settled. `executed`: the last one that is executed.
  std::uint64_t settled_through(std::uint64_t executed) const noexcept {
    return frames_.empty() ? executed : frames_.front().number - 1;
  }

 private:
  struct Frame {
    std::uint64_t number = 0;
    std::uint64_t sequence = 0;  // its posts wait for the commits up to this one
    std::size_t posts = 0;
  };
  std::deque<Frame> frames_;
  std::size_t posts_ = 0;  // in all of them
};

}  // namespace hoiku::broker
