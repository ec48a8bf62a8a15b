// history.hpp: the states that each topic had before its committed one, within limits. An `every` reader that is behind
// finds its unsent states here.
//
// Promises   a history has no gap: its oldest states are discarded first. States are discarded in trim() only, at the
//            end of a turn, so all states that a turn wrote can be sent before that.
// Thread     the core's. Owner: Core.
// Limits     history_transitions_max and history_bytes_max per topic without a declared history; one replaced state may
//            be larger. histories_bytes_max for all: one of the largest histories loses its oldest state first, so that
//            nobody's takes the room of one that is less than half as large. Committed states count as transitions, and
//            their bytes belong to the topics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "broker/core/topic_map.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class Histories {
 public:
  explicit Histories(const Limits& limits) : limits_(&limits) {}

  // `state` was the topic's committed state, and has been replaced.
  void append(TopicId topic, State state);
  void discard(TopicId topic);  // for a topic that is removed
  // The topic keeps this many transitions from now on, its committed state included, however large they are.
  void keep(TopicId topic, std::size_t transitions);
  void keep_default(TopicId topic);  // as many as the limits allow, from now on
  // Discards the states that exceed the limits.
  void trim();

  // The topic's earlier states from that number on, until the next append() or trim(); nothing if it is discarded.
  std::span<const State> from(TopicId topic, std::uint64_t number) const noexcept;
  // The topic's earlier state of that number; null if it is discarded.
  State find(TopicId topic, std::uint64_t number) const noexcept;
  // The number of the oldest state that is kept and newer than `revision`; 0: none is.
  std::uint64_t first_after(TopicId topic, std::uint64_t revision) const noexcept;

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  // The states from `first` on; those before it are discarded, and compacted away now and then.
  struct History {
    std::vector<State> states;
    std::size_t first = 0;
    std::size_t bytes = 0;
    bool grown = false;          // is in grown_
    std::size_t wanted = 0;      // declared number of transitions; 0: the limits apply
    std::size_t size_class = 0;  // bit_width(bytes); 0: it has no states
    std::size_t place = 0;       // in its size class

    std::size_t size() const noexcept { return states.size() - first; }
    const State& oldest() const noexcept { return states[first]; }
  };
  bool is_too_long(const History& history) const noexcept;
  void discard_oldest(History& history) noexcept;
  void classify(History& history);
  History& largest() noexcept;  // there is a state

  const Limits* limits_;
  TopicMap<History> by_topic_;
  std::vector<TopicId> grown_;  // since the last trim(); some are removed
  std::array<std::vector<History*>, std::numeric_limits<std::size_t>::digits + 1> by_size_class_;
  std::size_t bytes_ = 0;
};

}  // namespace hoiku::broker
