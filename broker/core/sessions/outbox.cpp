#include "broker/core/sessions/outbox.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/proto/size.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

namespace {

State result_of_wait(const proto::Answer& answer) {
  if (const auto* done = std::get_if<proto::WaitDone>(&answer)) return done->match;
  if (const auto* done = std::get_if<proto::TransitionDone>(&answer)) return done->match;
  return nullptr;
}

void look_up(const std::string& name, const StateSource& states, proto::Answer& answer) {
  if (auto* got = std::get_if<proto::GetDone>(&answer)) got->current = states.current(name);
  if (auto* schema = std::get_if<proto::SchemaDone>(&answer)) {
    if (const std::string* files = states.schema_files(name)) schema->files = *files;
  }
}

// What was looked up for it.
void forget(proto::Answer& answer) {
  if (auto* got = std::get_if<proto::GetDone>(&answer)) got->current = nullptr;
  if (auto* schema = std::get_if<proto::SchemaDone>(&answer)) schema->files = {};
  if (auto* topics = std::get_if<proto::ListDone>(&answer)) topics->rows.clear();
  if (auto* readers = std::get_if<proto::ReadersDone>(&answer)) readers->rows.clear();
}

// `asked` is what was to be looked up for it.
std::string subject_of(const proto::Answer& answer, const std::string& asked) {
  const auto topic = [](const std::string& name) { return ", about topic " + text::quote(name) + ","; };
  if (const State match = result_of_wait(answer)) return topic(match->topic);
  if (std::holds_alternative<proto::SchemaDone>(answer)) return ", the schema of " + text::quote(asked) + ",";
  if (!asked.empty()) return topic(asked);
  if (const auto* list = std::get_if<proto::ListDone>(&answer)) return topic(list->rows.front().current->topic);
  return "";
}

// What is said instead of an answer that fits into no frame: a frame that is too large would end its client's connection,
// and the next one again.
proto::Failed too_large(const proto::Answer& answer, const std::string& asked, std::size_t frame_bytes_max) {
  constexpr std::size_t text_bytes_max = 1024;
  if (const auto* failed = std::get_if<proto::Failed>(&answer))
    return {
        failed->id, {failed->failure.code, text::shorten(failed->failure.message, text_bytes_max)}, failed->current};
  const auto id = std::visit([](const auto& any) { return any.id; }, answer);
  return {
      id,
      {ErrorCode::too_large, "the answer to request " + std::to_string(id) + subject_of(answer, asked) +
                                 " fits into no frame: one has at most " + std::to_string(frame_bytes_max) + " bytes"},
      {}};
}

constexpr std::size_t states_per_visit = 64;
// Of filtered `every` readers: what does not pass is not bounded by the frame.
constexpr std::size_t tests_per_cut = 4096;

}  // namespace

void Outbox::answer(proto::Answer answer, Of of) {
  Queued queued{std::move(answer), {}, {}, 0, of};
  if (of == Of::reader) ++reader_answers_;
  if (const State match = result_of_wait(queued.answer)) {
    // A thousand waits that one transition answered keep one value between them.
    queued.bytes = match == last_match_ ? 0 : proto::size_of(queued.answer).bound();
    if (queued_bytes_ + queued.bytes > limits_->answer_bytes_max) {
      queued.bytes = 0;
      queued.answer = proto::Failed{
          std::visit([](const auto& result) { return result.id; }, queued.answer),
          {ErrorCode::limit_exceeded, "the results of this session's waits take more than " +
                                          std::to_string(limits_->answer_bytes_max) + " bytes: receive them faster"},
          {}};
    } else {
      last_match_ = match;
    }
  } else if (auto* failed = std::get_if<proto::Failed>(&queued.answer)) {
    // An error may quote what was asked, which nobody has limited: the code is what matters.
    queued.bytes = failed->failure.message.size();
    if (queued_bytes_ + queued.bytes > limits_->answer_bytes_max) {
      queued.bytes = 0;
      failed->failure.message = "the errors and results of this session take more than " +
                                std::to_string(limits_->answer_bytes_max) + " bytes: receive them faster";
    }
  }
  queued_bytes_ += queued.bytes;
  answers_.push_back(std::move(queued));
}

void Outbox::answer_get(proto::RequestId id, std::string topic) {
  answers_.push_back(Queued{proto::GetDone{id, nullptr}, std::move(topic), {}, 0, Of::request});
}

void Outbox::answer_schema(proto::RequestId id, std::string message_type) {
  answers_.push_back(Queued{proto::SchemaDone{id, {}}, std::move(message_type), {}, 0, Of::request});
}

void Outbox::answer_list(const proto::List& list) {
  answers_.push_back(Queued{proto::ListDone{list.id, {}, 0}, {}, list, 0, Of::request});
}

void Outbox::answer_list(const proto::ListReaders& list) {
  answers_.push_back(Queued{proto::ReadersDone{list.id, {}, 0}, {}, list, 0, Of::request});
}

void Outbox::snapshot_ended(Subscription& subscription) {
  if (subscription.end_snapshot()) endings_.push_back(&subscription);
}

void Outbox::forget(Subscription& subscription) noexcept { std::erase(endings_, &subscription); }

bool Outbox::is_window_open() const noexcept {
  return batches_ == 0 || (batches_ < limits_->window_batches && batch_bytes_ < limits_->unacknowledged_bytes_max);
}

bool Outbox::cut(StateSource& states, std::uint64_t revision, bool all_known, CutReport& report) {
  if (answers_.empty() && queue_.empty() && endings_.empty()) return false;
  Cutting cutting;
  cutting.bytes = proto::frame_overhead_bytes;
  if (!std::exchange(crowded_out_, false)) cut_answers(cutting, states);
  if (is_window_open()) {
    cut_deliveries(cutting, states, report);
    cut_snapshot_ends(cutting, revision);
  }
  if (cutting.frame.answers.empty()) cut_answers(cutting, states);
  if (cutting.is_empty() && cutting.frame.snapshot_ends.empty()) return false;

  auto& deliveries = cutting.frame.deliveries;
  const auto earlier = [](const proto::Delivery& a, const proto::Delivery& b) {
    return a.transition->revision < b.transition->revision;
  };
  if (!std::is_sorted(deliveries.begin(), deliveries.end(), earlier)) {
    std::stable_sort(deliveries.begin(), deliveries.end(), earlier);
  }
  if (queue_.empty() && queue_.out_of_credit == 0 && endings_.empty() && all_known)
    cutting.frame.complete_through = revision;

  cutting.cost.is_batch = !deliveries.empty() || !cutting.frame.snapshot_ends.empty();
  batches_ += cutting.cost.is_batch ? 1 : 0;
  batch_bytes_ += cutting.cost.batch_bytes;
  answer_bytes_ += cutting.cost.answer_bytes;
  report.deliveries += deliveries.size();
  sent_.append(std::move(cutting.frame), cutting.cost);
  return true;
}

// Less than what a session may have unacknowledged: several of its requests are under way at once.
std::size_t Outbox::page_bytes_max() const noexcept {
  return std::min({limits_->list_bytes_max, limits_->unacknowledged_bytes_max, frame_budget()});
}

// A page costs more to make than to send, so its room is looked for first: it is the first answer of its frame.
bool Outbox::cut_page(Cutting& cutting, Queued& next, StateSource& states) {
  const bool has_room = answer_bytes_ == 0 || answer_bytes_ + page_bytes_max() <= limits_->unacknowledged_bytes_max;
  if (!cutting.is_empty() || !has_room) return false;
  if (const auto* topics = std::get_if<proto::List>(&next.page)) {
    next.answer = states.page(*topics, page_bytes_max());
  } else {
    next.answer = states.page(std::get<proto::ListReaders>(next.page), page_bytes_max());
  }
  return true;
}

void Outbox::cut_answers(Cutting& cutting, StateSource& states) {
  while (!answers_.empty()) {
    Queued& next = answers_.front();
    if (next.is_page() && !cut_page(cutting, next, states)) break;
    if (!next.get_topic.empty()) look_up(next.get_topic, states, next.answer);
    std::size_t bytes = proto::size_of(next.answer).bound();
    if (proto::frame_overhead_bytes + bytes > limits_->frame_bytes_max) {
      next.answer = too_large(next.answer, next.get_topic, limits_->frame_bytes_max);
      bytes = proto::size_of(next.answer).bound();
    }
    const std::size_t outstanding = answer_bytes_ + cutting.cost.answer_bytes;
    // As with batches, one answer is always allowed when none is outstanding, and alone it may take all of a frame.
    const bool fits = (outstanding == 0 || outstanding + bytes <= limits_->unacknowledged_bytes_max) &&
                      (cutting.is_empty() || cutting.bytes + bytes <= frame_budget());
    if (!fits) {
      // It may be asked for again much later: then with the state of then.
      broker::forget(next.answer);
      break;
    }
    cutting.bytes += bytes;
    cutting.cost.answer_bytes += bytes;
    (next.of == Of::request ? cutting.cost.requests : cutting.cost.reader_answers) += 1;
    queued_bytes_ -= next.bytes;
    cutting.frame.answers.push_back(std::move(next.answer));
    answers_.pop_front();
  }
  if (answers_.empty()) last_match_ = nullptr;
}

void Outbox::cut_deliveries(Cutting& cutting, StateSource& states, CutReport& report) {
  while (QueueEntry* first = queue_.first()) {
    if (report.tests >= tests_per_cut) {
      report.is_interrupted = true;
      break;
    }
    Subscription& subscription = first->subscription();
    const bool has_room = subscription.options().mode == Mode::every
                              ? cut_every(cutting, subscription, states, report)
                              : cut_latest(cutting, static_cast<Slot&>(*first), states, report);
    if (subscription.is_snapshot_complete()) snapshot_ended(subscription);
    if (!has_room) {
      crowded_out_ = cutting.frame.deliveries.empty() && !cutting.frame.answers.empty() && report.too_large == nullptr;
      break;
    }
  }
  unit_.clear();
}

// One topic's newest state (that passed), or those of a composite that are dirty. False: they do not fit.
bool Outbox::cut_latest(Cutting& cutting, Slot& first, const StateSource& states, CutReport& report) {
  unit_.clear();
  std::size_t bytes = 0;
  const auto add = [&](Slot& slot) {
    const bool is_chosen = slot.filter_state() != nullptr && slot.filter_state()->match;
    unit_.emplace_back(&slot, is_chosen ? slot.filter_state()->match : states.current(slot.topic()));
    bytes += proto::delivery_size(*unit_.back().second).bound();
  };
  Subscription& subscription = first.subscription();
  if (subscription.options().kind == SubscriptionKind::composite) {
    for (const auto& slot : subscription.slots()) {
      if (slot->is_dirty()) add(*slot);
    }
    if (bytes + proto::frame_overhead_bytes > limits_->frame_bytes_max) {
      report.too_large = &subscription;
      return false;
    }
  } else {
    add(first);
  }
  if (!may_deliver(cutting, bytes)) return false;
  queue_.erase(first);
  for (auto& [slot, state] : unit_) {
    // What passed a filter may be over: then the topic is perhaps unset, and nobody will be told so.
    const bool is_unset = (slot->filter_state() != nullptr ? states.current(slot->topic()) : state)->value.is_null();
    if (is_unset) report.unset.push_back(slot->topic());
    put(cutting, subscription.deliver_latest(*slot, std::move(state), is_unset, states.time()));
  }
  return true;
}

// One topic's next states, as many as a visit may take: then others have their turn, in the subscription and in the session.
// False: the next one does not fit.
bool Outbox::cut_every(Cutting& cutting, Subscription& subscription, StateSource& states, CutReport& report) {
  Slot& slot = subscription.backlog().next();
  const std::size_t others = cutting.frame.deliveries.size();
  const bool has_room = subscription.options().filter == nullptr ? cut_some(cutting, slot, states, report)
                                                                 : cut_filtered(cutting, slot, states, report);
  // It stays in front, and the window empties for it: smaller ones could go ahead of it until its history is over.
  if (!has_room && cutting.frame.deliveries.size() == others) return false;
  subscription.backlog().yield(slot);
  return has_room;
}

bool Outbox::cut_some(Cutting& cutting, Slot& slot, const StateSource& states, CutReport& report) {
  Subscription& subscription = slot.subscription();
  const TopicId topic = slot.topic();
  for (int left = states_per_visit; slot.is_dirty() && subscription.backlog().has_credit() && left > 0; --left) {
    const State newest = states.current(topic);
    const bool continues = slot.is_started() && newest->version.number > slot.sent();
    State next = continues ? states.after(topic, slot.sent()) : newest;
    if (!may_deliver(cutting, proto::delivery_size(*next).bound())) return false;
    if (next->value.is_null()) report.unset.push_back(topic);
    proto::Delivery delivery = subscription.deliver_next(slot, std::move(next), newest->version.number);
    report.lagged += delivery.lagged;
    put(cutting, std::move(delivery));
  }
  return true;
}

// The same for a reader with a filter: what does not pass costs a test, and no credit.
bool Outbox::cut_filtered(Cutting& cutting, Slot& slot, StateSource& states, CutReport& report) {
  Subscription& subscription = slot.subscription();
  const TopicId topic = slot.topic();
  bool has_room = true;
  if (!slot.is_started()) has_room = cut_first_match(cutting, slot, states);
  std::size_t left = states_per_visit;
  while (slot.is_dirty() && slot.is_started() && subscription.backlog().has_credit() && left > 0) {
    FilterScan next = states.find_next_match(slot, left);
    left -= std::min(left, std::max<std::size_t>(next.steps, 1));
    report.tests += next.steps;
    report.lagged += next.lagged;
    report.filtered += next.filtered;
    subscription.skip(slot, next);
    if (next.passed) {
      has_room = may_deliver(cutting, proto::delivery_size(*next.passed).bound());
      if (!has_room) break;
      put(cutting, subscription.deliver_passed(slot, std::move(next.passed)));
    }
    subscription.settle(slot, states.current(topic)->version.number);
  }
  if (!slot.is_dirty() && states.current(topic)->value.is_null()) report.unset.push_back(topic);
  return has_room;
}

// What the snapshot of a filtered `every` reader has of a topic. Later states did not pass. False: it does not fit.
bool Outbox::cut_first_match(Cutting& cutting, Slot& slot, const StateSource& states) {
  if (!may_deliver(cutting, proto::delivery_size(*slot.filter_state()->match).bound())) return false;
  put(cutting, slot.subscription().deliver_first_match(slot, states.current(slot.topic())->version.number));
  return true;
}

// Room was looked for.
void Outbox::put(Cutting& cutting, proto::Delivery delivery) {
  const std::size_t bytes = proto::delivery_size(*delivery.transition).bound();
  cutting.bytes += bytes;
  cutting.cost.batch_bytes += bytes;
  cutting.frame.deliveries.push_back(std::move(delivery));
}

bool Outbox::may_deliver(const Cutting& cutting, std::size_t bytes) const noexcept {
  const bool none_outstanding = batches_ == 0 && cutting.frame.deliveries.empty();
  if (!none_outstanding && batch_bytes_ + cutting.cost.batch_bytes + bytes > limits_->unacknowledged_bytes_max)
    return false;
  return cutting.is_empty() || cutting.bytes + bytes <= frame_budget();
}

void Outbox::cut_snapshot_ends(Cutting& cutting, std::uint64_t revision) {
  auto next = endings_.begin();
  for (; next != endings_.end(); ++next) {
    const Subscription* subscription = *next;
    const bool is_first = cutting.is_empty() && cutting.frame.snapshot_ends.empty();
    if (!is_first && cutting.bytes + proto::snapshot_end_bytes > frame_budget()) break;
    cutting.bytes += proto::snapshot_end_bytes;
    // Where a topic changed again after its part of the snapshot was sent, less has been sent than is visible: everything
    // up to the opening at any rate.
    const SubscriptionOptions& reader = subscription->options();
    const std::uint64_t through = subscription->dirty() == 0 ? revision : reader.opened_at;
    cutting.frame.snapshot_ends.push_back(
        proto::SnapshotEnd{reader.id, through, !reader.resume_after && reader.filter == nullptr});
  }
  endings_.erase(endings_.begin(), next);
}

bool Outbox::acknowledge(std::uint64_t number) {
  return sent_.acknowledge(number, [this](const Cost& cost) {
    batches_ -= cost.is_batch ? 1 : 0;
    batch_bytes_ -= cost.batch_bytes;
    answer_bytes_ -= cost.answer_bytes;
    requests_ -= cost.requests;
    reader_answers_ -= cost.reader_answers;
  });
}

}  // namespace hoiku::broker
