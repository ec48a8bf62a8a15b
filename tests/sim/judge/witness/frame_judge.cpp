#include "tests/sim/judge/witness/frame_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hoiku/proto/codec.hpp"

namespace hoiku::model {
namespace {

// Returns the content of a frame, without what depends on the connection.
std::string content(proto::ServerFrame frame) {
  frame.connection_number = frame.acknowledged = 0;
  return proto::encode(frame);
}

}  // namespace

void FrameJudge::check_header(Session& session, const proto::ServerFrame& frame) {
  if (frame.connection_number != session.connection_number)
    evidence_.complain(&session, "is sent a frame of another connection");
  if (frame.welcome) welcome(session, frame);
  if (!session.welcomed) evidence_.complain(&session, "is sent a frame before the welcome");
  if (frame.acknowledged != session.received)
    evidence_.complain(
        &session, fmt::format("was acknowledged {}, but {} is what arrived", frame.acknowledged, session.received));
  if (frame.acknowledged == session.received) session.tie = false;  // the session continues
  const bool has_content =
      !frame.deliveries.empty() || !frame.runs.empty() || !frame.answers.empty() || !frame.snapshot_ends.empty();
  if (frame.number == 0 && has_content) evidence_.complain(&session, "is sent content without a number");
}

void FrameJudge::welcome(Session& session, const proto::ServerFrame& frame) {
  const proto::Welcome& welcome = *frame.welcome;
  if (session.welcomed) evidence_.complain(&session, "is welcomed twice");
  if (session.tie && !welcome.resumed) {
    Session fresh;
    fresh.token = session.token;
    fresh.name = session.name;
    fresh.peer = session.peer;
    fresh.connection_number = fresh.first_connection = session.connection_number;
    fresh.timeout = session.timeout;
    fresh.last_heard = session.last_heard;
    session = std::move(fresh);
  }
  session.tie = false;
  session.welcomed = true;
  if (welcome.resumed != session.resumed)
    evidence_.complain(&session, welcome.resumed ? "is a new session, and was told that it goes on"
                                                 : "goes on, and was told that it is a new session");
  if (welcome.first_connection != session.first_connection)
    evidence_.complain(&session, "was told a wrong beginning of its session");
  if (welcome.session_timeout != session.timeout) evidence_.complain(&session, "was told a wrong timeout");
  if (!evidence_.run) evidence_.run = welcome.instance_id;
  if (welcome.instance_id != *evidence_.run) evidence_.complain(&session, "was told another run than the others");
  if (std::find(evidence_.earlier_runs.begin(), evidence_.earlier_runs.end(), welcome.instance_id) !=
      evidence_.earlier_runs.end())
    evidence_.complain(&session, "was told the run of an earlier broker");
}

void FrameJudge::check_settled(Session& session, const proto::ServerFrame& frame) {
  if (frame.settled == 0) return;
  if (frame.settled < session.settled || frame.settled > session.received)
    evidence_.complain(&session, fmt::format("was told that the posts up to frame {} are settled, after {}; {} arrived",
                                             frame.settled, session.settled, session.received));
  session.settled = frame.settled;
  for (const auto& [id, request] : session.requests) {
    if (request.posted_in != 0 && request.posted_in <= frame.settled)
      evidence_.complain(&session, fmt::format("was told that post #{} is settled, and not that it is refused", id));
  }
}

void FrameJudge::check_repeated(Session& session, const proto::ServerFrame& frame) {
  if (session.resent == 0 && frame.number > session.acknowledged + 1)
    evidence_.complain(&session, fmt::format("frame {} was left out after the reconnect", session.acknowledged + 1));
  if (session.resent != 0 && frame.number != session.resent + 1)
    evidence_.complain(&session, "frames are sent again out of order");
  session.resent = frame.number;
  const auto kept = session.kept.find(frame.number);
  if (kept != session.kept.end() && kept->second.content != content(frame))
    evidence_.complain(&session, fmt::format("frame {} is sent again with other content", frame.number));
}

// The window counts batches, and their bytes if there is more than one.
void FrameJudge::check_window(const Session& session) {
  std::size_t batches = 0, bytes = 0;
  for (const auto& [number, kept] : session.kept) {
    batches += kept.is_batch ? 1 : 0;
    bytes += kept.value_bytes;
  }
  if (batches > limits_.window_batches || (batches > 1 && bytes > limits_.unacknowledged_bytes_max))
    evidence_.complain(&session, fmt::format("its window is overrun: {} batches of {} bytes", batches, bytes));
}

Moment FrameJudge::take_fresh(Session& session, const proto::ServerFrame& frame, const proto::ServerFrame& expanded) {
  if (frame.number != session.sent + 1)
    evidence_.complain(&session, fmt::format("a frame is missing before {}", frame.number));
  if (session.resumed && session.resent < session.sent && session.acknowledged < session.sent)
    evidence_.complain(&session, "is sent a new frame before the kept ones");
  const Moment built = session.full.value_or(Moment{evidence_.step, now()});
  session.full.reset();
  session.sent = frame.number;
  session.resent = frame.number;
  KeptFrame& kept = session.kept[frame.number];
  kept.content = content(frame);
  kept.is_batch = !expanded.deliveries.empty();
  for (const proto::Delivery& delivery : expanded.deliveries) kept.value_bytes += bytes_of(delivery.transition->value);
  check_window(session);
  return built;
}

}  // namespace hoiku::model
