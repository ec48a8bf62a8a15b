// transition_judge.hpp: judges the answers to a wait for a transition: the first matching one after where it counts
// from, with the old value; or the error that the broker no longer knows, if that is so.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/sim/judge/witness/evidence.hpp"

namespace hoiku::model {

class TransitionJudge {
 public:
  explicit TransitionJudge(Evidence& evidence)
      : evidence_(evidence), model_(evidence.past.model()), limits_(evidence.limits) {}

  // The client cancels the wait. Returns false if there is no wait for a transition with this id.
  bool cancel(Session& session, proto::RequestId id);
  void check_answer(Session& session, proto::RequestId id, const proto::Answer& answer);
  // Finds the waits that should have been answered by the end of that instant.
  void check_overdue(Session& session, TimePoint instant);

 private:
  // Returns the indices of the states from which it may count. Empty: only the error is right.
  std::vector<std::size_t> origins(const TransitionWaiter& waiter) const;
  // Returns true if the following states may have left the history, or were lost with their topic or their broker.
  bool may_be_lagged(const TransitionWaiter& waiter) const;
  bool may_have_matched(const TransitionWaiter& waiter) const;
  bool may_misfit(const TransitionWaiter& waiter, std::size_t origin) const;
  bool is_overdue(const TransitionWaiter& waiter, TimePoint instant) const;
  void check_armed(Session& session, proto::RequestId id, const proto::TransitionArmed& from);

  Evidence& evidence_;
  Model& model_;
  const Limits& limits_;
};

}  // namespace hoiku::model
