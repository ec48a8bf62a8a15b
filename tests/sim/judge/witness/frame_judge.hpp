// frame_judge.hpp: judges the frames as such: the welcome, their numbers, acknowledgements and windows, and what is
// sent again after a reconnect.
#pragma once

#include "tests/sim/judge/witness/evidence.hpp"

namespace hoiku::model {

class FrameJudge {
 public:
  explicit FrameJudge(Evidence& evidence) : evidence_(evidence), limits_(evidence.limits) {}

  // Checks what each frame has, before its content.
  void check_header(Session& session, const proto::ServerFrame& frame);
  // Checks what a frame says of posts, after its answers.
  void check_settled(Session& session, const proto::ServerFrame& frame);
  // Checks a frame that was sent before.
  void check_repeated(Session& session, const proto::ServerFrame& frame);
  // Takes a new frame. Returns when it was built.
  // `expanded`: the frame without runs.
  Moment take_fresh(Session& session, const proto::ServerFrame& frame, const proto::ServerFrame& expanded);

 private:
  void welcome(Session& session, const proto::ServerFrame& frame);
  void check_window(const Session& session);

  Evidence& evidence_;
  const Limits& limits_;
};

}  // namespace hoiku::model
