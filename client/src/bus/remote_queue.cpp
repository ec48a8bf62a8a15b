#include "client/src/bus/remote_queue.hpp"

namespace hoiku::client {

RemoteQueue::Push RemoteQueue::push(Post post) {
  {
    const std::lock_guard lock(mutex_);
    if (why_closed_) return Push::closed;
    const auto older = post.options.latest_only ? replaceable_.find(post.topic) : replaceable_.end();
    const bool replaces = older != replaceable_.end();
    const std::size_t others = queue_.size() - (replaces ? 1 : 0);
    const std::size_t other_bytes = bytes_ - (replaces ? older->second->bytes() : 0);
    if (others > 0 && (others >= posts_max || other_bytes + post.bytes() > post_bytes_max)) return Push::full;
    if (replaces) {
      remove(older->second);
      ++replaced_;
    }
    queue_.emplace_back(Entry{std::move(post), ++pushed_});
    const auto added = std::prev(queue_.end());
    bytes_ += added->bytes();
    if (added->options.latest_only) replaceable_[added->topic] = added;
    // The loop takes until nothing fits, and goes on when there is room: one ring for what was empty is enough.
    if (queue_.size() > 1) return Push::queued;
  }
  button_.ring();
  return Push::queued;
}

std::exception_ptr RemoteQueue::why_closed() const {
  const std::lock_guard lock(mutex_);
  return why_closed_;
}

RemoteQueue::Post RemoteQueue::remove(Queue::iterator entry) {
  bytes_ -= entry->bytes();
  if (entry->options.latest_only) replaceable_.erase(entry->topic);
  Post post = std::move(*entry);
  queue_.erase(entry);
  return post;
}

std::uint64_t RemoteQueue::pushed() const {
  const std::lock_guard lock(mutex_);
  return pushed_;
}

std::uint64_t RemoteQueue::taken_through() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty() ? pushed_ : queue_.front().number - 1;
}

std::uint64_t RemoteQueue::replaced() const {
  const std::lock_guard lock(mutex_);
  return replaced_;
}

void RemoteQueue::close(std::exception_ptr why) {
  const std::lock_guard lock(mutex_);
  if (!why_closed_) why_closed_ = std::move(why);
}

void RemoteQueue::clear() {
  const std::lock_guard lock(mutex_);
  queue_.clear();
  replaceable_.clear();
  bytes_ = 0;
}

}  // namespace hoiku::client
