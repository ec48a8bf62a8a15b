// posts.hpp: the writes that no task awaits, until the broker has acknowledged them.
//
// Promises   never more than the limits. Keeps the first unknown outcome until flush() throws it, and the first refusal
//            for each flush(), besides the nursery, which is told once.
// Limits     posts_max posts, and post_bytes_max for their values together; one post is always allowed.
// Thread     the loop's. Owner: BusCore.
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

  // `instead_of` is the post that the new one replaces; 0: none.
  bool has_room(std::size_t bytes, proto::RequestId instead_of = 0) const noexcept {
    const auto old = open_.find(instead_of);
    const bool is_one_less = old != open_.end();
    const std::size_t others = open_.size() - (is_one_less ? 1 : 0);
    const std::size_t other_bytes = bytes_ - (is_one_less ? old->second.bytes : 0);
    return others == 0 || (others < posts_max && other_bytes + bytes <= post_bytes_max);
  }
  // Room for a burst: half of both limits is free.
  bool has_ample_room() const noexcept { return open_.size() <= posts_max / 2 && bytes_ <= post_bytes_max / 2; }
  // `replaceable_at`: the topic, if a newer post of it may replace this one; empty otherwise.
  void add(proto::RequestId id, std::size_t bytes, const std::string& replaceable_at) {
    open_.emplace(id, Open{bytes, replaceable_at});
    bytes_ += bytes;
    last_ = id;
    if (!replaceable_at.empty()) replaceable_.insert_or_assign(replaceable_at, id);
  }
  // Returns false if the request is not a post.
  bool settle(proto::RequestId id) {
    const auto found = open_.find(id);
    if (found == open_.end()) return false;
    bytes_ -= found->second.bytes;
    const auto replaceable = replaceable_.find(found->second.replaceable_at);
    if (replaceable != replaceable_.end() && replaceable->second == id) replaceable_.erase(replaceable);
    open_.erase(found);
    return true;
  }
  void failed(ErrorCode code, std::exception_ptr error) {
    std::exception_ptr& first = code == ErrorCode::outcome_unknown ? unknown_ : refusal_;
    if (!first) first = std::move(error);
    if (code != ErrorCode::outcome_unknown && !refused_) refused_ = refusal_;
  }
  std::exception_ptr take_unknown() noexcept { return std::exchange(unknown_, nullptr); }
  std::exception_ptr take_refusal() noexcept { return std::exchange(refusal_, nullptr); }
  // The first refusal, also after it was taken; null: there was none.
  const std::exception_ptr& first_refusal() const noexcept { return refused_; }

  // The post that a newer one of the topic may replace; 0: none.
  proto::RequestId replaceable(const std::string& topic) const {
    const auto found = replaceable_.find(topic);
    return found == replaceable_.end() ? 0 : found->second;
  }
  std::size_t replaceable_topics() const noexcept { return replaceable_.size(); }

  proto::RequestId last() const noexcept { return last_; }
  // All posts up to this one have been answered.
  proto::RequestId settled_through() const noexcept { return open_.empty() ? last_ : open_.begin()->first - 1; }

 private:
  struct Open {
    std::size_t bytes = 0;
    std::string replaceable_at;
  };

  std::map<proto::RequestId, Open> open_;
  std::size_t bytes_ = 0;
  proto::RequestId last_ = 0;
  std::unordered_map<std::string, proto::RequestId> replaceable_;  // by topic: the newest one, if it is open
  std::exception_ptr unknown_;
  std::exception_ptr refusal_;
  std::exception_ptr refused_;
};

}  // namespace hoiku::client
