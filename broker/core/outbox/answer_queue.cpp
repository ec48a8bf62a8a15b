#include "broker/core/outbox/answer_queue.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "hoiku/proto/size.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

std::shared_ptr<const Transition> result_of_wait(const proto::Answer& answer) {
  if (const auto* done = std::get_if<proto::WaitDone>(&answer)) return done->match;
  if (const auto* done = std::get_if<proto::TransitionDone>(&answer)) return done->match;
  return nullptr;
}

bool is_page(const proto::Lookup& lookup) {
  return std::visit([]<class Command>(const Command&) { return proto::is_paged<Command>; }, lookup);
}

// For the error: what the answer is about. `lookup`: null if the answer is not one of a lookup.
std::string subject_of(const proto::Answer& answer, const proto::Lookup* lookup) {
  const auto topic = [](const std::string& name) { return ", about topic " + text::quote(name) + ","; };
  if (const auto match = result_of_wait(answer)) return topic(match->topic);
  if (lookup == nullptr) return "";
  if (const auto* get = std::get_if<proto::Get>(lookup)) return topic(get->topic);
  if (const auto* schema = std::get_if<proto::GetSchema>(lookup))
    return ", the schema of " + text::quote(schema->message_type) + ",";
  if (const auto* list = std::get_if<proto::ListDone>(&answer)) return topic(list->rows.front().current->topic);
  return "";
}

// Replaces an answer that fits into no frame: a frame that is too large would end its client's connection, and the next
// one again.
proto::Failed too_large(const proto::Answer& answer, const proto::Lookup* lookup, std::size_t frame_bytes_max) {
  constexpr std::size_t text_bytes_max = 1024;
  if (const auto* failed = std::get_if<proto::Failed>(&answer)) {
    const Failure& failure = failed->failure;
    return {failed->id, {failure.code, text::shorten(failure.message, text_bytes_max)}, failed->current};
  }
  std::string why = "the answer to request " + std::to_string(proto::id_of(answer)) + subject_of(answer, lookup) +
                    " exceeds the limit of " + std::to_string(frame_bytes_max) + " bytes of a frame";
  return {proto::id_of(answer), {ErrorCode::too_large, std::move(why)}, {}};
}

}  // namespace

void AnswerQueue::push(proto::Answer answer, AnswerBudget budget) {
  if (budget == AnswerBudget::reader) ++reader_answers_;
  const auto match = result_of_wait(answer);
  Queued& queued = queued_.emplace_back(Queued{std::move(answer), budget, 0});
  if (match) {
    limit_result(queued, match);
  } else if (auto* failed = std::get_if<proto::Failed>(&std::get<proto::Answer>(queued.content))) {
    limit_error(queued, *failed);
  }
  queued_bytes_ += queued.bytes;
}

void AnswerQueue::refuse_post(proto::Failed refusal, std::uint64_t frame) {
  ++refused_posts_;
  unsent_refusals_.push_back(frame);
  push(std::move(refusal), AnswerBudget::post);
}

void AnswerQueue::push(proto::Lookup lookup) { queued_.push_back(Queued{std::move(lookup), AnswerBudget::request, 0}); }

void AnswerQueue::limit_result(Queued& queued, const std::shared_ptr<const Transition>& match) {
  auto& answer = std::get<proto::Answer>(queued.content);
  // Waits that one transition answered share its value.
  const std::size_t bytes = match == last_match_ ? 0 : proto::size_of(answer).bound();
  if (queued_bytes_ + bytes <= limits_->answer_bytes_max) {
    queued.bytes = bytes;
    last_match_ = match;
    return;
  }
  std::string why = "unsent results of waits of this session exceed " + std::to_string(limits_->answer_bytes_max) +
                    " bytes: the client reads too slowly";
  answer = proto::Failed{proto::id_of(answer), {ErrorCode::limit_exceeded, std::move(why)}, {}};
}

// An error may quote a long text of its client. Beyond the limit only the code is kept.
void AnswerQueue::limit_error(Queued& queued, proto::Failed& failed) const {
  const std::size_t bytes = failed.failure.message.size();
  if (queued_bytes_ + bytes <= limits_->answer_bytes_max) {
    queued.bytes = bytes;
    return;
  }
  failed.failure.message = "unsent errors and results of this session exceed " +
                           std::to_string(limits_->answer_bytes_max) + " bytes: the client reads too slowly";
}

// A page is smaller than what a session may have unacknowledged: several of its requests are in flight at once.
std::size_t AnswerQueue::page_bytes_max() const noexcept {
  return std::min({limits_->list_bytes_max, limits_->unacknowledged_bytes_max, frame_budget(*limits_)});
}

// A page costs more to make than to send, so the room for it is checked before it is made.
bool AnswerQueue::has_room_for_page(const FrameDraft& draft) const noexcept {
  return draft.has_no_values() &&
         (answer_bytes_ == 0 || answer_bytes_ + page_bytes_max() <= limits_->unacknowledged_bytes_max);
}

// The next answer is in a frame now.
void AnswerQueue::count(AnswerBudget budget, FrameCost& cost) noexcept {
  switch (budget) {
    case AnswerBudget::request:
      ++cost.requests;
      return;
    case AnswerBudget::reader:
      ++cost.reader_answers;
      return;
    case AnswerBudget::post:
      ++cost.refused_posts;
      unsent_refusals_.pop_front();
      return;
  }
}

void AnswerQueue::fill(FrameDraft& draft, StateSource& states) {
  while (!queued_.empty()) {
    Queued& next = queued_.front();
    const auto* lookup = std::get_if<proto::Lookup>(&next.content);
    if (lookup != nullptr && is_page(*lookup) && !has_room_for_page(draft)) break;
    // An answer that does not fit is looked up again for a later frame, with the state of that moment.
    proto::Answer late;
    if (lookup != nullptr) late = states.look_up(*lookup, page_bytes_max());
    proto::Answer& answer = lookup != nullptr ? late : std::get<proto::Answer>(next.content);
    std::size_t bytes = proto::size_of(answer).bound();
    if (proto::frame_overhead_bytes + bytes > limits_->frame_bytes_max) {
      answer = too_large(answer, lookup, limits_->frame_bytes_max);
      bytes = proto::size_of(answer).bound();
    }
    const std::size_t outstanding = answer_bytes_ + draft.cost.answer_bytes;
    // One answer is always allowed if none is outstanding, and a single one may fill the whole frame.
    const bool fits = (outstanding == 0 || outstanding + bytes <= limits_->unacknowledged_bytes_max) &&
                      (draft.has_no_values() || draft.bytes + bytes <= frame_budget(*limits_));
    if (!fits) break;
    draft.bytes += bytes;
    draft.cost.answer_bytes += bytes;
    count(next.budget, draft.cost);
    queued_bytes_ -= next.bytes;
    draft.frame.answers.push_back(std::move(answer));
    queued_.pop_front();
  }
  if (queued_.empty()) last_match_ = nullptr;
}

void AnswerQueue::acknowledged(const FrameCost& cost) noexcept {
  answer_bytes_ -= cost.answer_bytes;
  requests_ -= cost.requests;
  reader_answers_ -= cost.reader_answers;
  refused_posts_ -= cost.refused_posts;
}

}  // namespace hoiku::broker
