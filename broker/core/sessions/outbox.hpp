// outbox.hpp: what one session is to be sent, and what it has been sent and has not acknowledged.
//
// Deliveries wait as dirty slots and become values when a frame is cut; answers wait as they are, but for those of Get,
// GetSchema and List, which are looked up when their frame is cut.
//
// Promises   a frame is cut only when the caller can send it; deliveries stay within the window of unacknowledged batches,
//            answers may go beyond it; a composite's dirty members are in one frame; deliveries are sorted by revision.
// Thread     the core's. Owner: Session.
// Limits     window_batches and unacknowledged_bytes_max for deliveries, where one batch is always allowed when none is
//            outstanding; unacknowledged_bytes_max for answers too, likewise; a frame stays under frame_bytes_max by a
//            quarter, unless one value alone is larger; an answer that fits into no frame becomes too_large.
//            answer_bytes_max bounds the results of waits, and the texts of errors, that are not sent yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/readers/subscription.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/frame_stream.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// Where a frame that is being cut finds the newest visible states; never null (a topic that was never set has version 0).
class StateSource {
 public:
  virtual State current(TopicId topic) const = 0;
  virtual State current(std::string_view name) const = 0;
  // The state after the one of that number; where it has gone from the topic's history, the present one.
  virtual State after(TopicId topic, std::uint64_t number) const = 0;
  // A page of the topics that match; rows of `bytes_max` bytes at most, unless one alone is larger.
  virtual proto::ListDone page(const proto::List& list, std::size_t bytes_max) = 0;
  // As of RegisterSchema; null: there is none.
  virtual const std::string* schema_files(std::string_view) const { return nullptr; }
  // Likewise, of all sessions' subscriptions.
  virtual proto::ReadersDone page(const proto::ListReaders& list, std::size_t bytes_max) = 0;
  // The next state that passes the filter of a slot that has started; or none, after so many steps.
  virtual FilterScan find_next_match(const Slot& slot, std::size_t steps_max) = 0;
  // From when the intervals of what is sent count.
  virtual TimePoint time() const = 0;

 protected:
  ~StateSource() = default;
};

// What the caller has to know about a cut.
struct CutReport {
  std::vector<TopicId> unset;         // topics whose unset state was delivered: perhaps nobody needs them any more
  Subscription* too_large = nullptr;  // a composite that fits in no frame: to be closed with an error
  std::size_t deliveries = 0;
  std::uint64_t lagged = 0;    // states that had gone before an `every` reader was sent them
  std::uint64_t filtered = 0;  // that did not pass, of those that are tested here
  std::size_t tests = 0;
  bool is_interrupted = false;  // so many were tested that the rest has to wait: it is to be cut again
};

class Outbox {
 public:
  // Which budget an answer belongs to until it is acknowledged.
  enum class Of : std::uint8_t { request, reader };

  explicit Outbox(const Limits& limits) : limits_(&limits) {}

  DeliveryQueue& queue() noexcept { return queue_; }

  // A request that will be answered has come. It is in flight until its answer is acknowledged.
  void begin_request() noexcept { ++requests_; }
  std::size_t requests_in_flight() const noexcept { return requests_; }
  // Results of waits, and failures of subscriptions, that are not acknowledged.
  std::size_t reader_answers() const noexcept { return reader_answers_; }

  void answer(proto::Answer answer, Of of);
  void answer_get(proto::RequestId id, std::string topic);  // of a request; with its state at the time of the cut
  void answer_schema(proto::RequestId id, std::string message_type);  // likewise
  // Of a request; likewise.
  void answer_list(const proto::List& list);
  void answer_list(const proto::ListReaders& list);
  void snapshot_ended(Subscription& subscription);   // its slots were all sent: the mark is due
  void forget(Subscription& subscription) noexcept;  // it is being closed

  bool is_window_open() const noexcept;
  // Cuts the next frame, where there is anything that may be sent now, and appends it to sent(). `revision` is what is
  // visible; `all_known` says that no subscription is still looking for its topics.
  bool cut(StateSource& states, std::uint64_t revision, bool all_known, CutReport& report);

  bool has_next() const noexcept { return sent_.has_next(); }
  std::shared_ptr<const proto::ServerFrame> next(std::uint64_t incarnation, std::uint64_t acknowledged) {
    return sent_.next(incarnation, acknowledged);
  }
  void step_back() noexcept { sent_.step_back(); }
  void rewind() noexcept { sent_.rewind(); }
  // False: no such frame was ever sent.
  [[nodiscard]] bool acknowledge(std::uint64_t number);
  std::uint64_t last_number() const noexcept { return sent_.last_number(); }
  std::uint64_t acknowledged() const noexcept { return sent_.last_number() - sent_.size(); }
  std::size_t kept_frames() const noexcept { return sent_.size(); }

 private:
  // What a page is to be made of, when its frame is cut.
  using Page = std::variant<std::monostate, proto::List, proto::ListReaders>;
  struct Queued {
    bool is_page() const noexcept { return page.index() != 0; }
    proto::Answer answer;
    std::string get_topic;  // where not empty: a Get or a GetSchema, to be looked up
    Page page;              // likewise
    std::size_t bytes = 0;  // what it keeps in memory, counted in queued_bytes_
    Of of = Of::request;
  };
  struct Cost {
    std::size_t batch_bytes = 0;
    std::size_t answer_bytes = 0;
    std::uint32_t requests = 0;
    std::uint32_t reader_answers = 0;
    bool is_batch = false;
  };
  struct Cutting {
    proto::ServerFrame frame;
    Cost cost;
    std::size_t bytes = 0;  // of the frame so far
    bool is_empty() const noexcept { return frame.answers.empty() && frame.deliveries.empty(); }
  };

  std::size_t frame_budget() const noexcept { return limits_->frame_bytes_max - limits_->frame_bytes_max / 4; }
  void cut_answers(Cutting& cutting, StateSource& states);
  bool cut_page(Cutting& cutting, Queued& next, StateSource& states);
  std::size_t page_bytes_max() const noexcept;
  void cut_deliveries(Cutting& cutting, StateSource& states, CutReport& report);
  bool cut_latest(Cutting& cutting, Slot& first, const StateSource& states, CutReport& report);
  bool cut_every(Cutting& cutting, Subscription& subscription, StateSource& states, CutReport& report);
  bool cut_some(Cutting& cutting, Slot& slot, const StateSource& states, CutReport& report);
  bool cut_filtered(Cutting& cutting, Slot& slot, StateSource& states, CutReport& report);
  bool cut_first_match(Cutting& cutting, Slot& slot, const StateSource& states);
  void put(Cutting& cutting, proto::Delivery delivery);
  bool may_deliver(const Cutting& cutting, std::size_t bytes) const noexcept;
  void cut_snapshot_ends(Cutting& cutting, std::uint64_t revision);

  const Limits* limits_;
  DeliveryQueue queue_;
  std::vector<Subscription*> endings_;  // whose SnapshotEnd is due
  std::deque<Queued> answers_;
  State last_match_;  // of the newest queued result of a wait: equal ones keep one value
  proto::SentFrames<proto::ServerFrame, Cost> sent_;
  std::size_t queued_bytes_ = 0;
  std::size_t requests_ = 0;
  std::size_t reader_answers_ = 0;
  std::size_t batches_ = 0;  // unacknowledged
  std::size_t batch_bytes_ = 0;
  std::size_t answer_bytes_ = 0;  // sent and unacknowledged
  bool crowded_out_ = false;      // answers left no room for a large delivery: it comes first in the next frame
  std::vector<std::pair<Slot*, State>> unit_;  // kept for its memory
};

}  // namespace hoiku::broker
