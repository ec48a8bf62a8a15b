// sum_judge.hpp: judges the list of readers: that each of them adds up, and agrees with what its client was sent.
// Promise 6 of docs/promises.md.
#pragma once

#include "tests/sim/judge/witness/evidence.hpp"

namespace hoiku::model {

class SumJudge {
 public:
  explicit SumJudge(Evidence& evidence) : evidence_(evidence), model_(evidence.past.model()) {}

  // The client has acknowledged frames.
  static void acknowledged(Session& session);
  // Counts the deliveries of a frame, after its answers were judged.
  void count(Session& session, const proto::ServerFrame& frame);
  void check_readers(Session& session, proto::RequestId id, const proto::Answer& answer, const Moment& built);

 private:
  void check_own_row(Session& session, proto::RequestId id, const Reader& reader, const proto::ReaderRow& row);

  Evidence& evidence_;
  const Model& model_;
};

}  // namespace hoiku::model
