// posts.hpp: the writes that nobody awaits, until the broker has acknowledged them.
//
// Promises   never more of them than the limits. Of what became of them the first "nobody knows" is kept until somebody
//            flushes, and the first refusal until the nursery is told.
// Thread     the loop's. Owner: BusCore.
// Limits     posts_max of them, post_bytes_max of their values together; one is always allowed.
#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::client {

class Posts {
 public:
  static constexpr std::size_t posts_max = 16'384;
  static constexpr std::size_t post_bytes_max = std::size_t{1} << 20;

  // `instead_of`: one of them that is taken back where there is room; 0: none.
  bool has_room(std::size_t bytes, proto::RequestId instead_of = 0) const noexcept {
    const auto old = open_.find(instead_of);
    const bool is_one_less = old != open_.end();
    const std::size_t others = open_.size() - (is_one_less ? 1 : 0);
    const std::size_t other_bytes = bytes_ - (is_one_less ? old->second : 0);
    return others == 0 || (others < posts_max && other_bytes + bytes <= post_bytes_max);
  }
  // For a burst: half of both limits is free.
  bool has_ample_room() const noexcept { return open_.size() <= posts_max / 2 && bytes_ <= post_bytes_max / 2; }
  void add(proto::RequestId id, std::size_t bytes) {
    open_.emplace(id, bytes);
    bytes_ += bytes;
    last_ = id;
  }
  // One of them, or another request: then false.
  bool settle(proto::RequestId id) {
    const auto found = open_.find(id);
    if (found == open_.end()) return false;
    bytes_ -= found->second;
    open_.erase(found);
    return true;
  }
  void failed(ErrorCode code, std::exception_ptr error) {
    std::exception_ptr& first = code == ErrorCode::outcome_unknown ? unknown_ : refusal_;
    if (!first) first = std::move(error);
  }
  std::exception_ptr take_unknown() noexcept { return std::exchange(unknown_, nullptr); }
  std::exception_ptr take_refusal() noexcept { return std::exchange(refusal_, nullptr); }

  // The post of which a newer one of the topic may take the place; 0: there is none.
  proto::RequestId& replaceable(const std::string& topic) { return replaceable_[topic]; }

  proto::RequestId last() const noexcept { return last_; }  // that was posted
  // All up to this one have been answered.
  proto::RequestId settled_through() const noexcept { return open_.empty() ? last_ : open_.begin()->first - 1; }

 private:
  std::map<proto::RequestId, std::size_t> open_;
  std::size_t bytes_ = 0;
  proto::RequestId last_ = 0;
  std::unordered_map<std::string, proto::RequestId> replaceable_;
  std::exception_ptr unknown_;
  std::exception_ptr refusal_;
};

}  // namespace hoiku::client
