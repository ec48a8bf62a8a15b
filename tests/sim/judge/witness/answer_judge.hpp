// answer_judge.hpp: judges answers: that each belongs to an open request, and says what the model says. Waits, leases
// and the list of readers have judges of their own.
#pragma once

#include "tests/sim/judge/witness/lease_judge.hpp"
#include "tests/sim/judge/witness/sum_judge.hpp"
#include "tests/sim/judge/witness/transition_judge.hpp"
#include "tests/sim/judge/witness/wait_judge.hpp"

namespace hoiku::model {

class AnswerJudge {
 public:
  AnswerJudge(Evidence& evidence, WaitJudge& waits, TransitionJudge& transitions, LeaseJudge& leases, SumJudge& sums)
      : evidence_(evidence),
        model_(evidence.past.model()),
        limits_(evidence.limits),
        waits_(waits),
        transitions_(transitions),
        leases_(leases),
        sums_(sums) {}

  void check_answer(Session& session, const proto::Answer& answer, const Moment& built);

 private:
  void check_write(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer);
  void check_schema(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer);
  void check_get(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer);
  void check_list(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer);

  Evidence& evidence_;
  Model& model_;
  const Limits& limits_;
  WaitJudge& waits_;
  TransitionJudge& transitions_;
  LeaseJudge& leases_;
  SumJudge& sums_;
};

}  // namespace hoiku::model
