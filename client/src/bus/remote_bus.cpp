#include "hoiku/client/remote_bus.hpp"

#include <string>
#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "client/src/bus/remote_queue.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku {

using client::RemoteQueue;

void RemoteBus::require_own(const detail::TopicCore& topic) const {
  if (topic.bus().get() == bus_) return;
  throw Error(ErrorCode::invalid_argument,
              "topic " + text::quote(topic.name()) + " belongs to another Bus than this RemoteBus");
}

void RemoteBus::post_value(const detail::TopicCore& topic, Value next, const detail::PostOptions& options) const {
  require_own(topic);
  if (Result<void> checked = client::check_text(topic.name(), next); !checked) throw Error(checked.failure());
  switch (queue_->push({topic.name(), std::move(next), options})) {
    case RemoteQueue::Push::queued:
      return;
    case RemoteQueue::Push::full:
      throw Error(ErrorCode::limit_exceeded, "too many posts of other threads wait for the loop (at most " +
                                                 std::to_string(RemoteQueue::posts_max) + ", or " +
                                                 std::to_string(RemoteQueue::post_bytes_max) +
                                                 " bytes): post with latest_only, or drop this one");
    case RemoteQueue::Push::closed:
      std::rethrow_exception(queue_->why_closed());
  }
}

bool RemoteBus::try_post_value(const detail::TopicCore& topic, Value next, const detail::PostOptions& options) const {
  require_own(topic);
  if (!client::check_text(topic.name(), next)) return false;
  return queue_->push({topic.name(), std::move(next), options}) == RemoteQueue::Push::queued;
}

}  // namespace hoiku
