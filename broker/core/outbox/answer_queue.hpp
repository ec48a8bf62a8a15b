// answer_queue.hpp: the answers that a session is to be sent, in order, and the requests that are in flight.
//
// Promises   a request is in flight from begin_request() until its answer is acknowledged. Lookups are answered with
//            what is true when their frame is built, so that a queue of them holds nothing.
// Thread     the core's. Owner: Outbox.
// Limits     answer_bytes_max for results of waits and texts of errors that are not sent yet: later ones become errors,
//            or are shortened. unacknowledged_bytes_max for answers that are sent; one is always allowed if none is
//            outstanding. An answer that fits into no frame becomes too_large.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <variant>

#include "broker/core/outbox/frame_draft.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// The count that includes an answer until it is acknowledged: requests, results for readers and waits, refused posts.
enum class AnswerBudget : std::uint8_t { request, reader, post };

class AnswerQueue {
 public:
  explicit AnswerQueue(const Limits& limits) : limits_(&limits) {}

  void begin_request() noexcept { ++requests_; }
  std::size_t requests_in_flight() const noexcept { return requests_; }
  // Answers count until they are acknowledged.
  std::size_t reader_answers() const noexcept { return reader_answers_; }
  std::size_t refused_posts() const noexcept { return refused_posts_; }

  void push(proto::Answer answer, AnswerBudget budget);
  void push(proto::Lookup lookup);  // of the budget `request`
  // `frame`: the client frame that the post came in.
  void refuse_post(proto::Failed refusal, std::uint64_t frame);
  bool empty() const noexcept { return queued_.empty(); }
  // The last client frame up to `frame` of which all refusals of posts are in a frame.
  std::uint64_t settled_through(std::uint64_t frame) const noexcept {
    return unsent_refusals_.empty() ? frame : std::min(frame, unsent_refusals_.front() - 1);
  }

  // Moves answers into the frame, as many as fit.
  void fill(FrameDraft& draft, StateSource& states);
  void sent(const FrameCost& cost) noexcept { answer_bytes_ += cost.answer_bytes; }
  void acknowledged(const FrameCost& cost) noexcept;

 private:
  struct Queued {
    std::variant<proto::Answer, proto::Lookup> content;
    AnswerBudget budget = AnswerBudget::request;
    std::size_t bytes = 0;  // counted in queued_bytes_
  };

  void limit_result(Queued& queued, const std::shared_ptr<const Transition>& match);
  void limit_error(Queued& queued, proto::Failed& failed) const;
  void count(AnswerBudget budget, FrameCost& cost) noexcept;
  std::size_t page_bytes_max() const noexcept;
  bool has_room_for_page(const FrameDraft& draft) const noexcept;

  const Limits* limits_;
  std::deque<Queued> queued_;
  std::shared_ptr<const Transition>
      last_match_;  // the state of the last queued result of a wait: equal results share it
  std::size_t queued_bytes_ = 0;
  std::size_t answer_bytes_ = 0;  // sent and unacknowledged
  std::size_t requests_ = 0;
  std::size_t reader_answers_ = 0;
  std::size_t refused_posts_ = 0;
  std::deque<std::uint64_t> unsent_refusals_;  // the client frames of the refused posts in queued_
};

}  // namespace hoiku::broker
