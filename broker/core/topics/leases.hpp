// leases.hpp: the owners of topics. Until a lease ends, no other session writes its topic; when it ends, the topic is
// set to the lease's last will (sessions/request_life.cpp).
//
// Promises   a topic has one lease at most. A lease for a limited time is reported once, when it expires.
// Thread     the core's. Owner: Core. A Lease belongs to its session and is ended before it is destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/core/timers.hpp"
#include "broker/core/topic_map.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::broker {

struct Lease : Timer {
  SessionId owner{};
  std::uint64_t id = 0;  // the request that made it
  TopicId topic{};
  Value last_will;  // null: the topic becomes unset
};

class Leases {
 public:
  // The topic has no owner. `until`: when the lease expires.
  void begin(Lease& lease, std::optional<TimePoint> until) {
    will_bytes_ += lease.last_will.payload_bytes();
    by_topic_.insert(lease.topic, &lease);
    ++size_;
    if (until) times_.schedule(lease, *until);
  }
  void end(Lease& lease) noexcept {
    will_bytes_ -= lease.last_will.payload_bytes();
    by_topic_.erase(lease.topic);
    --size_;
    times_.cancel(lease);
  }
  // nullptr: the topic has no owner.
  Lease* find(TopicId topic) const noexcept { return by_topic_.find(topic); }
  // The next lease that has expired, or nullptr. The caller ends it.
  Lease* take_expired(TimePoint now) noexcept { return static_cast<Lease*>(times_.take_due(now)); }
  std::optional<TimePoint> next_deadline() const noexcept { return times_.next(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t will_bytes() const noexcept { return will_bytes_; }  // the size of all last wills

 private:
  TopicMap<Lease, Lease*> by_topic_;
  Timers times_;
  std::size_t size_ = 0;
  std::size_t will_bytes_ = 0;
};

}  // namespace hoiku::broker
