// event_log.hpp: events for the operator: sessions that open, resume and end, and refused peers.
//
// Thread     the core's. Owner: Core.
// Limits     the oldest events are discarded if nobody takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/capacities.hpp"
#include "broker/core/types.hpp"

namespace hoiku::broker {

struct Event {
  enum class Kind : std::uint8_t {
    session_opened,
    session_resumed,
    goodbye,  // the client closed the session
    session_closed,
    session_expired,
    peer_rejected
  };
  Kind kind;
  std::string session;  // its label; empty if the peer has no session
  std::string detail;
  std::optional<PeerId> peer;  // whose connection it is about, if it still stands
};

class EventLog {
 public:
  explicit EventLog(const Capacities& capacities = {}) : events_max_(capacities.events) {}

  void add(Event::Kind kind, std::string session, std::string detail, std::optional<PeerId> peer = {}) {
    events_.push_back(Event{kind, std::move(session), std::move(detail), peer});
    if (events_.size() > events_max_) events_.pop_front();
  }
  std::vector<Event> take() {
    std::vector<Event> taken(std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
    events_.clear();
    return taken;
  }

 private:
  std::size_t events_max_;
  std::deque<Event> events_;
};

}  // namespace hoiku::broker
