// posts.hpp: the writes that nobody awaits, until the broker has acknowledged them.
//
// Promises   never more of them than the limits; what went wrong with one is kept until somebody flushes: the first of them.
// Thread     the loop's. Owner: BusCore.
// Limits     posts_max of them, post_bytes_max of their values together; one is always allowed.
#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <utility>

#include "hoiku/proto/message.hpp"

namespace hoiku::client {

class Posts {
 public:
  static constexpr std::size_t posts_max = 16'384;
  static constexpr std::size_t post_bytes_max = std::size_t{1} << 20;

  bool has_room(std::size_t bytes) const noexcept {
    return open_.empty() || (open_.size() < posts_max && bytes_ + bytes <= post_bytes_max);
  }
  // For a burst: half of both limits is free.
  bool has_ample_room() const noexcept { return open_.size() <= posts_max / 2 && bytes_ <= post_bytes_max / 2; }
  void add(proto::RequestId id, std::size_t bytes) {
    open_.emplace(id, bytes);
    bytes_ += bytes;
    last_ = id;
  }
  // One of them, or another request, which is ignored. `failure`: what became of it, or null.
  void settle(proto::RequestId id, std::exception_ptr failure) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    bytes_ -= found->second;
    open_.erase(found);
    if (failure && !failure_) failure_ = std::move(failure);
  }
  std::exception_ptr take_failure() noexcept { return std::exchange(failure_, nullptr); }

  proto::RequestId last() const noexcept { return last_; }  // that was posted
  // All up to this one have been answered.
  proto::RequestId settled_through() const noexcept { return open_.empty() ? last_ : open_.begin()->first - 1; }

 private:
  std::map<proto::RequestId, std::size_t> open_;
  std::size_t bytes_ = 0;
  proto::RequestId last_ = 0;
  std::exception_ptr failure_;
};

}  // namespace hoiku::client
