// history.hpp: the states that each topic had before its committed one, as far as they are kept. An `every` reader that
// is behind finds here what it was not sent.
//
// Promises   a history has no gap: its oldest states are discarded first. States are discarded in trim() only, and not
//            within a turn of the broker, so what a turn wrote can be sent before that.
// Thread     the core's. Owner: Core.
// Limits     history_transitions_max and history_bytes_max per topic, if it was not declared: one replaced state may be
//            larger. histories_bytes_max for all: the state that was replaced first is discarded first. Committed
//            states count as transitions, and their bytes belong to the topics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "broker/core/topic_map.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class Histories {
 public:
  explicit Histories(const Limits& limits) : limits_(&limits) {}

  // `state` was the topic's committed state, and is replaced.
  void append(TopicId topic, State state);
  void discard(TopicId topic);  // of a topic that is removed
  // The topic keeps so many transitions from now on, its committed state among them, whatever their bytes.
  void keep(TopicId topic, std::size_t transitions);
  // Discards what is over the limits.
  void trim();

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
    bool grown = false;      // is in grown_
    std::size_t wanted = 0;  // transitions, if the topic was declared so; 0: as the limits say

    std::size_t size() const noexcept { return states.size() - first; }
    const State& oldest() const noexcept { return states[first]; }
  };
  // A state that was replaced, in the order in which that happened. It may be discarded.
  struct Replaced {
    TopicId topic{};
    Version version;
  };

  bool is_too_long(const History& history) const noexcept;
  bool is_kept(const Replaced& replaced) const noexcept;
  void discard_oldest(History& history) noexcept;
  void compact();

  const Limits* limits_;
  TopicMap<History> by_topic_;
  std::vector<TopicId> grown_;  // since the last trim(); some are removed
  std::deque<Replaced> replaced_;
  std::size_t kept_ = 0;  // of replaced_, those that are not discarded
  std::size_t bytes_ = 0;
};

}  // namespace hoiku::broker
