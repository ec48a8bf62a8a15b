// standing_work.hpp: the steps that the readers of one topic, or its waits, cost each of its transitions, by session.
//
// A client pays for its own commands by waiting for them. Its readers and waits make the commands of others slower, as
// long as they are open: so each session has a limit, Limits::standing_work_max, for its readers of a topic, and
// another one for its waits for it.
//
// Unit       steps: a reader is one, and each comparison of a predicate is steps_of_comparison.
// Promises   removes what was added. Costs one number as long as the whole topic is within the limit of one session;
//            sessions are told apart from then on.
// Thread     the core's. Owner: the table of the topic's readers, or of its waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "broker/core/types.hpp"

namespace hoiku::broker {

inline constexpr std::size_t steps_of_comparison = 4;

class StandingWork {
 public:
  // Whether the session may add `steps`. `for_each(visit)` calls visit(session, steps) for all that was added and not
  // removed; it is called at most once until nothing is left.
  template <class ForEach>
  bool allows(SessionId session, std::size_t steps, std::size_t steps_max, const ForEach& for_each) {
    if (total_ + steps <= steps_max) return true;
    if (!by_session_) {
      by_session_ = std::make_unique<BySession>();
      for_each([this](SessionId owner, std::size_t added) { (*by_session_)[owner] += added; });
    }
    const auto own = by_session_->find(session);
    return (own == by_session_->end() ? 0 : own->second) + steps <= steps_max;
  }
  void add(SessionId session, std::size_t steps) {
    total_ += steps;
    if (by_session_) (*by_session_)[session] += steps;
  }
  void remove(SessionId session, std::size_t steps) noexcept {
    total_ -= steps;
    if (!by_session_) return;
    if (total_ == 0) return by_session_.reset();
    const auto own = by_session_->find(session);
    if ((own->second -= steps) == 0) by_session_->erase(own);
  }
  std::size_t total() const noexcept { return total_; }

 private:
  using BySession = std::unordered_map<SessionId, std::size_t>;
  std::size_t total_ = 0;
  std::unique_ptr<BySession> by_session_;
};

}  // namespace hoiku::broker
