// posts.hpp: the writes that no task awaits, until they are settled: applied or refused.
//
// Promises   never more than the limits. Keeps the first unknown outcome until flush() throws it, and the first refusal
//            for each flush(), besides the nursery, which is told once.
// Limits     posts_max posts, and post_bytes_max for their values together; one post is always allowed.
// Thread     the loop's. Owner: BusCore.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
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
    const auto old = instead_of == 0 ? std::nullopt : place_of(instead_of);
    const std::size_t others = size_ - (old ? 1 : 0);
    const std::size_t other_bytes = bytes_ - (old ? open_[*old].bytes : 0);
    return others == 0 || (others < posts_max && other_bytes + bytes <= post_bytes_max);
  }
  // Room for a burst: half of both limits is free.
  bool has_ample_room() const noexcept { return size_ <= posts_max / 2 && bytes_ <= post_bytes_max / 2; }
  // Ids rise. `replaceable_at`: the topic, if a newer post of it may replace this one; empty otherwise.
  void add(proto::RequestId id, std::size_t bytes, const std::string& replaceable_at) {
    open_.push_back(Open{id, bytes, nullptr});
    ++size_;
    bytes_ += bytes;
    last_ = id;
    if (replaceable_at.empty()) return;
    open_.back().replaceable_at = std::make_unique<std::string>(replaceable_at);
    replaceable_.insert_or_assign(replaceable_at, id);
  }
  // Does nothing if the request is not an open post.
  void settle(proto::RequestId id) {
    if (const auto place = place_of(id)) close(open_[*place]);
    drop_closed();
  }
  void settle_through(proto::RequestId id) {
    for (; !open_.empty() && open_.front().id <= id; open_.pop_front()) {
      if (open_.front().is_open) close(open_.front());
    }
    drop_closed();
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
  // All posts up to this one are settled.
  proto::RequestId settled_through() const noexcept { return open_.empty() ? last_ : open_.front().id - 1; }

 private:
  struct Open {
    proto::RequestId id = 0;
    std::size_t bytes = 0;
    std::unique_ptr<std::string> replaceable_at;  // null for most
    bool is_open = true;
  };

  // The open post's place in open_.
  std::optional<std::size_t> place_of(proto::RequestId id) const noexcept {
    const auto found = std::lower_bound(open_.begin(), open_.end(), id,
                                        [](const Open& post, proto::RequestId wanted) { return post.id < wanted; });
    if (found == open_.end() || found->id != id || !found->is_open) return std::nullopt;
    return static_cast<std::size_t>(found - open_.begin());
  }
  void close(Open& post) {
    post.is_open = false;
    --size_;
    bytes_ -= post.bytes;
    if (!post.replaceable_at) return;
    const auto replaceable = replaceable_.find(*post.replaceable_at);
    if (replaceable != replaceable_.end() && replaceable->second == post.id) replaceable_.erase(replaceable);
  }
  // Closed posts between open ones take room only as long as they are fewer.
  void drop_closed() {
    while (!open_.empty() && !open_.front().is_open) open_.pop_front();
    if (open_.size() > 2 * size_ + 32) std::erase_if(open_, [](const Open& post) { return !post.is_open; });
  }

  std::deque<Open> open_;  // by id; with closed ones between others
  std::size_t size_ = 0;   // open ones
  std::size_t bytes_ = 0;
  proto::RequestId last_ = 0;
  std::unordered_map<std::string, proto::RequestId> replaceable_;  // by topic: the newest one, if it is open
  std::exception_ptr unknown_;
  std::exception_ptr refusal_;
  std::exception_ptr refused_;
};

}  // namespace hoiku::client
