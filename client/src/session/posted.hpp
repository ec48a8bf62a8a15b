// posted.hpp: the posts that are not settled: the broker has said neither that they are committed nor why not.
//
// A post is not answered. The broker tells up to which frame all posts are settled; those that it refused, it has
// answered before.
//
// Thread     the loop's. Owner: Session.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "hoiku/proto/message.hpp"

namespace hoiku::client {

class Posted {
 public:
  // Posts that were sent in a session that was lost. They may or may not have been applied.
  struct InDoubt {
    std::size_t count = 0;
    proto::RequestId first = 0;
    proto::RequestId last = 0;
    std::string topic;  // of the first, or of one before it in its frame
  };

  void add(proto::RequestId id) { ids_.push_back(id); }  // ids rise
  bool contains(proto::RequestId id) const noexcept {
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
    return found != ids_.end() && *found == id;
  }
  bool is_unsent(proto::RequestId id) const noexcept { return id > sent_through_ && contains(id); }
  // The post was refused, or will not be sent. Unknown ids are ignored.
  void remove(proto::RequestId id) {
    if (contains(id)) ids_.erase(std::lower_bound(ids_.begin(), ids_.end(), id));
  }
  std::size_t size() const noexcept { return ids_.size(); }

  // The post is in the frame of that number. Posts are sent in the order of their ids.
  void sent(proto::RequestId id, const std::string& topic, std::uint64_t frame) {
    if (frames_.empty() || frames_.back().number != frame) frames_.push_back(Frame{frame, id, topic});
    frames_.back().through = sent_through_ = id;
  }
  // All posts of the frames up to `frame` are settled. Returns the last one that is so by that; 0: there is none.
  proto::RequestId settle(std::uint64_t frame) {
    proto::RequestId through = 0;
    while (!frames_.empty() && frames_.front().number <= frame) {
      through = frames_.front().through;
      frames_.pop_front();
    }
    remove_through(through);
    return through;
  }
  // Forgets the posts that were sent.
  std::optional<InDoubt> lose_session() {
    InDoubt lost;
    lost.count = static_cast<std::size_t>(std::upper_bound(ids_.begin(), ids_.end(), sent_through_) - ids_.begin());
    if (lost.count > 0) {
      lost.first = ids_.front();
      lost.last = sent_through_;
      lost.topic = std::move(frames_.front().topic);
    }
    remove_through(sent_through_);
    frames_.clear();
    return lost.count > 0 ? std::optional(std::move(lost)) : std::nullopt;
  }

 private:
  struct Frame {
    std::uint64_t number = 0;
    proto::RequestId through = 0;  // its last post
    std::string topic;             // of its first post
  };

  void remove_through(proto::RequestId through) {
    while (!ids_.empty() && ids_.front() <= through) ids_.pop_front();
  }

  std::deque<proto::RequestId> ids_;
  std::deque<Frame> frames_;  // with posts that are not settled
  proto::RequestId sent_through_ = 0;
};

}  // namespace hoiku::client
