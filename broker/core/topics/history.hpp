// history.hpp: what each topic was before it is what it is, as far as that is kept: where an `every` reader that is
// behind finds what it has not been sent.
//
// Promises   of each topic the states before its visible one, without a gap; the oldest go first. Nothing goes within a
//            turn of the broker, only in trim(), so what a turn wrote can be sent before it goes.
// Thread     the core's. Owner: Core.
// Limits     history_transitions_max and history_bytes_max per topic, where it was not declared, of which the last
//            state that was replaced may be larger; histories_bytes_max for all of them: what was replaced longest ago
//            goes first. The visible states count for the first of them, and belong to the topics.
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

  // `state` was what the topic is, until now.
  void append(TopicId topic, State state);
  void forget(TopicId topic);  // it is removed
  // From now on the topic keeps so many transitions, its present state among them, whatever their bytes.
  void keep(TopicId topic, std::size_t transitions);
  // Drops what is over the limits.
  void trim();

  // The topic's earlier state of that number; null: it has gone.
  State find(TopicId topic, std::uint64_t number) const noexcept;
  // The number of the oldest state that is kept and newer than `revision`; 0: none is.
  std::uint64_t first_after(TopicId topic, std::uint64_t revision) const noexcept;

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  // The states from `first` on; those before it have gone and are cleared away now and then.
  struct History {
    std::vector<State> states;
    std::size_t first = 0;
    std::size_t bytes = 0;
    bool grown = false;      // stands in grown_
    std::size_t wanted = 0;  // transitions, as it was declared; 0: as the limits say

    std::size_t size() const noexcept { return states.size() - first; }
    const State& oldest() const noexcept { return states[first]; }
  };
  // A state that was replaced, in the order in which that happened. It may have gone since.
  struct Replaced {
    TopicId topic{};
    Version version;
  };

  bool is_too_long(const History& history) const noexcept;
  bool is_kept(const Replaced& replaced) const noexcept;
  void drop_oldest(History& history) noexcept;
  void forget_the_gone();

  const Limits* limits_;
  TopicMap<History> by_topic_;
  std::vector<TopicId> grown_;  // since the last trim(); some are forgotten
  std::deque<Replaced> replaced_;
  std::size_t kept_ = 0;  // of replaced_, those that have not gone
  std::size_t bytes_ = 0;
};

}  // namespace hoiku::broker
