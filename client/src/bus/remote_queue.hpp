// remote_queue.hpp: the posts of other threads, until the loop takes them.
//
// Promises   first in, first out. A post with latest_only replaces the queued one of its topic, and is then the last.
//            After close() every push is refused, and tells why; what is queued can still be taken.
// Limits     posts_max posts, and post_bytes_max for their topics and values together; one post is always allowed.
// Thread     any thread pushes. Only the loop takes and closes. The mutex is held for a move of one post at most.
// Owner      shared by the Bus and by the handles of other threads, which may outlive the Bus and its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "client/src/bus/posts.hpp"
#include "hoiku/async/doorbell.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::client {

class RemoteQueue {
 public:
  static constexpr std::size_t posts_max = Posts::posts_max;
  static constexpr std::size_t post_bytes_max = Posts::post_bytes_max;

  struct Post {
    std::string topic;
    Value value;
    detail::PostOptions options;

    std::size_t bytes() const noexcept { return topic.size() + value.payload_bytes(); }
  };
  enum class Push : unsigned char { queued, full, closed };

  // Rings the button when there is something to take again.
  explicit RemoteQueue(Doorbell::Button button) : button_(std::move(button)) {}

  Push push(Post post);
  // The reason that close() was given; null: the queue is open.
  std::exception_ptr why_closed() const;

  // Takes the first post if there is one and it fits.
  template <class Fits>
  std::optional<Post> take(Fits fits) {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() || !fits(std::as_const(queue_.front()))) return std::nullopt;
    return remove(queue_.begin());
  }
  // Counts posts from 1: the number of the last one, and of the last before all that are queued.
  std::uint64_t pushed() const;
  std::uint64_t taken_through() const;
  // How many posts were replaced while they were queued.
  std::uint64_t replaced() const;
  void close(std::exception_ptr why);
  // Discards what is queued.
  void clear();

 private:
  struct Entry : Post {
    std::uint64_t number = 0;
  };
  using Queue = std::list<Entry>;

  Post remove(Queue::iterator entry);

  const Doorbell::Button button_;
  mutable std::mutex mutex_;
  Queue queue_;
  std::unordered_map<std::string, Queue::iterator> replaceable_;
  std::size_t bytes_ = 0;
  std::uint64_t pushed_ = 0;
  std::uint64_t replaced_ = 0;
  std::exception_ptr why_closed_;
};

}  // namespace hoiku::client
