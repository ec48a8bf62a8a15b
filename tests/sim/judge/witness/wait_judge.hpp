// wait_judge.hpp: judges waits for a value: that each is answered with the right state, at the end of its hold.
// Promise 8 of docs/promises.md.
#pragma once

#include <optional>

#include "tests/sim/judge/witness/evidence.hpp"

namespace hoiku::model {

class WaitJudge {
 public:
  explicit WaitJudge(Evidence& evidence) : evidence_(evidence), model_(evidence.past.model()) {}

  // The client cancels the wait, if there is one with this id.
  void cancel(Session& session, proto::RequestId id);
  void check_answer(Session& session, proto::RequestId id, const proto::Answer& answer);
  // Finds the waits that should have been answered by the end of that instant.
  void check_overdue(Session& session, TimePoint instant);

 private:
  void check_wait(Session& session, proto::RequestId id, const Transition* match, std::optional<ErrorCode> error);
  bool may_have_matched(const Waiter& waiter) const;
  // Returns true if the hold ended by its time, before any transition of this instant.
  bool hold_has_fired(const Waiter& waiter) const;
  bool is_overdue(const Waiter& waiter, TimePoint instant) const;

  Evidence& evidence_;
  Model& model_;
};

}  // namespace hoiku::model
