// outbox.hpp: the answers and deliveries that one session is to be sent, and its unacknowledged frames.
//
// Promises   a frame is built only when the caller can send it. Answers go first, and may go beyond the window of
//            deliveries; deliveries are sorted by revision.
// Thread     the core's. Owner: Session.
// Limits     those of answer_queue.hpp and delivery_builder.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "broker/core/outbox/answer_queue.hpp"
#include "broker/core/outbox/delivery_builder.hpp"
#include "broker/core/outbox/frame_draft.hpp"
#include "hoiku/proto/frame_stream.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// The sums over all sessions.
struct OutboxTotals {
  std::size_t kept_frames = 0;  // unacknowledged
  std::size_t in_flight = 0;    // deliveries in them
  std::uint64_t delivered = 0;  // deliveries that were acknowledged
};

class Outbox {
 public:
  // `limits` and `totals` are kept by reference.
  Outbox(const Limits& limits, OutboxTotals& totals) : answers_(limits), deliveries_(limits), totals_(totals) {}
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  DeliveryQueue& queue() noexcept { return deliveries_.queue(); }

  // Counts a request as in flight, until its answer is acknowledged.
  void begin_request() noexcept { answers_.begin_request(); }
  std::size_t requests_in_flight() const noexcept { return answers_.requests_in_flight(); }
  // Results of waits, and failures of subscriptions, that are not acknowledged.
  std::size_t reader_answers() const noexcept { return answers_.reader_answers(); }
  std::size_t refused_posts() const noexcept { return answers_.refused_posts(); }  // whose refusals are not

  void answer(proto::Answer answer, AnswerBudget budget) { answers_.push(std::move(answer), budget); }
  // `frame`: the client frame that the post came in.
  void refuse_post(proto::Failed refusal, std::uint64_t frame) { answers_.refuse_post(std::move(refusal), frame); }
  // The last client frame up to `frame` of which all refusals of posts are in a frame.
  std::uint64_t settled_through(std::uint64_t frame) const noexcept { return answers_.settled_through(frame); }
  void answer_late(proto::Lookup lookup) { answers_.push(std::move(lookup)); }
  void snapshot_ended(Subscription& subscription) { deliveries_.snapshot_ended(subscription); }
  void remove(Subscription& subscription) noexcept { deliveries_.remove(subscription); }

  bool is_window_open() const noexcept { return deliveries_.is_window_open(); }
  // The state of the broker and of the session when a frame is built.
  struct Facts {
    std::uint64_t revision = 0;  // the newest committed one
    bool all_known = false;      // no subscription of the session scans for topics
    std::uint64_t settled = 0;   // the last client frame whose posts are committed or refused; 0: there are no posts
  };
  // Builds the next frame, if anything may be sent now.
  bool build_frame(StateSource& states, const Facts& facts, BuildReport& report);

  bool has_next() const noexcept { return sent_.has_next(); }
  std::shared_ptr<const proto::ServerFrame> next(std::uint64_t connection_number, std::uint64_t acknowledged) {
    return sent_.next(connection_number, acknowledged);
  }
  void step_back() noexcept { sent_.step_back(); }
  void rewind() noexcept { sent_.rewind(); }
  // False: no such frame was ever sent.
  [[nodiscard]] bool acknowledge(std::uint64_t number);
  std::uint64_t last_number() const noexcept { return sent_.last_number(); }
  std::uint64_t acknowledged() const noexcept { return sent_.last_number() - sent_.size(); }

 private:
  AnswerQueue answers_;
  DeliveryBuilder deliveries_;
  proto::SentFrames<proto::ServerFrame, FrameCost> sent_;
  OutboxTotals& totals_;
  std::size_t in_flight_ = 0;         // deliveries in unacknowledged frames
  bool delivery_goes_first_ = false;  // the answers of the last frame left no room for a large delivery
};

}  // namespace hoiku::broker
