// lease_judge.hpp: judges leases and deadlines: what the clients hear of them, and what the broker did by itself.
#pragma once

#include <vector>

#include "tests/sim/judge/witness/evidence.hpp"

namespace hoiku::model {

class LeaseJudge {
 public:
  explicit LeaseJudge(Evidence& evidence) : evidence_(evidence), model_(evidence.past.model()) {}

  // Takes a command about a topic's owner or its declaration; others are not for it.
  void take(Session& session, const proto::Command& command);
  // Judges a record of the store, if the broker made it without a command.
  void check_commit(const std::vector<Transition>& record);
  // Returns false if the answer is not about a lease.
  bool check_answer(Session& session, proto::RequestId id, const proto::Answer& answer);
  // Checks that the session has heard of its leases, after an instant.
  void check_told(Session& session);
  // Sessions that expired before this instant declare nothing any more.
  void begin_instant(TimePoint instant);
  // Finds what the broker should have done by itself by the end of that instant.
  void check_neglected(TimePoint instant);

 private:
  void lose(const Model::Lease& lease);

  Evidence& evidence_;
  Model& model_;
};

}  // namespace hoiku::model
