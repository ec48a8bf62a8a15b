// remote_bus.hpp: RemoteBus: posts to topics from any thread, as a driver's callback does.
//
//   RemoteBus remote = bus.remote();                                    // on the loop
//   Topic<double> yaw = bus.topic<double>("sensor/imu/yaw");
//   imu.on_sample([remote, yaw](double angle) { remote.try_post(yaw, angle, latest_only); });   // on the driver's
//
// Promises   The posts of one thread are applied in the order of its calls. They wait in a queue until the loop takes
//            them, and then are posts like those of Topic::post: a post that the broker refuses ends the Bus's nursery,
//            Bus::flush() waits for those that were made before it, and the Bus sends what is queued before it says
//            goodbye.
// Limits     16,384 posts or 1 MiB of topics and values in the queue; one post is always allowed.
// Errors     A full queue: Error(limit_exceeded). It fills while the loop is busy, and while too many posts are not
//            settled. From the moment when the Bus's nursery has nothing left but the Bus: Closed, or the error
//            that ended the Bus. try_post() returns false instead of both, for callbacks that must not throw.
// Thread     any; each call takes a mutex for a moment, and never waits for the loop or the network. On a virtual clock
//            only the loop's own thread, since such a loop waits for no thread.
// Lifetime   a cheap handle; pass it by value. It may outlive the Bus, its loop, and the nursery. It does not keep the
//            Bus alive.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "hoiku/client/options.hpp"
#include "hoiku/client/topic.hpp"

namespace [[gnu::visibility("default")]] hoiku {

namespace client {
class RemoteQueue;
}

class RemoteBus {
 public:
  RemoteBus(const detail::BusPtr& bus, std::shared_ptr<client::RemoteQueue> queue)
      : bus_(bus.get()), queue_(std::move(queue)) {}

  // Posts a value to a topic of this Bus, as Topic::post does. Throws TypeMismatch if the value does not fit into T's
  // type on the bus, and Error(invalid_argument) for a topic of another Bus, and for a string that is not UTF-8.
  // Options, in any order: latest_only, measured_at(time).
  template <TopicType T, detail::PostOption... Options>
  void post(const Topic<T>& topic, std::type_identity_t<T> next, Options... options) const {
    post_value(topic.core(), detail::to_value<T>(std::move(next), topic.name()), detail::PostOptions::of(options...));
  }
  // The same; false, and nothing was posted: the queue is full, the Bus has ended, or a string is not UTF-8.
  template <TopicType T, detail::PostOption... Options>
  bool try_post(const Topic<T>& topic, std::type_identity_t<T> next, Options... options) const {
    return try_post_value(topic.core(), detail::to_value<T>(std::move(next), topic.name()),
                          detail::PostOptions::of(options...));
  }

 private:
  void post_value(const detail::TopicCore& topic, Value next, const detail::PostOptions& options) const;
  bool try_post_value(const detail::TopicCore& topic, Value next, const detail::PostOptions& options) const;
  void require_own(const detail::TopicCore& topic) const;

  const client::BusCore* bus_;  // to be compared only
  std::shared_ptr<client::RemoteQueue> queue_;
};

}  // namespace hoiku
