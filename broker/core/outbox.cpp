#include "broker/core/outbox.hpp"

#include <algorithm>
#include <utility>

#include "broker/core/sizes.hpp"

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

void forget(proto::Answer& answer) {
  if (auto* got = std::get_if<proto::GetDone>(&answer)) got->current = nullptr;
  if (auto* schema = std::get_if<proto::SchemaDone>(&answer)) schema->files = {};
}

}  // namespace

void Outbox::answer(proto::Answer answer, Of of) {
  Queued queued{std::move(answer), {}, {}, 0, of};
  if (of == Of::reader) ++reader_answers_;
  if (const State match = result_of_wait(queued.answer)) {
    // A thousand waits that one transition answered keep one value between them.
    queued.bytes = match == last_match_ ? 0 : estimated_bytes(queued.answer);
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

void Outbox::answer_list(proto::List list) {
  Queued queued{proto::ListDone{list.id, {}, 0}, {}, {}, 0, Of::request};
  queued.list = std::move(list);
  answers_.push_back(std::move(queued));
}

void Outbox::snapshot_ended(Subscription& subscription) {
  if (subscription.snapshot_ended) return;
  subscription.snapshot_ended = true;
  endings_.push_back(&subscription);
}

void Outbox::forget(Subscription& subscription) noexcept { std::erase(endings_, &subscription); }

bool Outbox::is_window_open() const noexcept {
  return batches_ == 0 || (batches_ < limits_->window_batches && batch_bytes_ < limits_->unacknowledged_bytes_max);
}

bool Outbox::cut(StateSource& states, std::uint64_t revision, bool all_known, CutReport& report) {
  if (answers_.empty() && queue_.empty() && endings_.empty()) return false;
  Cutting cutting;
  cutting.bytes = frame_overhead_bytes;
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
  if (queue_.empty() && queue_.starving == 0 && endings_.empty() && all_known)
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
  next.answer = states.page(*next.list, page_bytes_max());
  return true;
}

void Outbox::cut_answers(Cutting& cutting, StateSource& states) {
  while (!answers_.empty()) {
    Queued& next = answers_.front();
    if (next.list && !cut_page(cutting, next, states)) break;
    if (!next.get_topic.empty()) look_up(next.get_topic, states, next.answer);
    const std::size_t bytes = estimated_bytes(next.answer);
    const std::size_t outstanding = answer_bytes_ + cutting.cost.answer_bytes;
    // As with batches, one answer is always allowed when none is outstanding, and alone in a frame it may be large.
    const bool fits = (outstanding == 0 || outstanding + bytes <= limits_->unacknowledged_bytes_max) &&
                      (cutting.is_empty() || cutting.bytes + bytes <= frame_budget());
    if (!fits) {
      // It may be asked for again much later: then with the state of then.
      if (!next.get_topic.empty()) broker::forget(next.answer);
      if (next.list) std::get<proto::ListDone>(next.answer).rows.clear();
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

void Outbox::cut_deliveries(Cutting& cutting, const StateSource& states, CutReport& report) {
  while (Slot* first = queue_.first) {
    Subscription& subscription = *first->subscription;
    const bool has_room = subscription.mode == Mode::every ? cut_every(cutting, subscription, states, report)
                                                           : cut_latest(cutting, *first, states, report);
    if (subscription.is_snapshot_complete()) snapshot_ended(subscription);
    if (!has_room) {
      crowded_out_ = cutting.frame.deliveries.empty() && !cutting.frame.answers.empty() && report.too_large == nullptr;
      break;
    }
  }
  unit_.clear();
}

// One topic's newest state, or those of a composite that are dirty. False: they do not fit.
bool Outbox::cut_latest(Cutting& cutting, Slot& first, const StateSource& states, CutReport& report) {
  unit_.clear();
  std::size_t bytes = 0;
  const auto add = [&](Slot& slot) {
    unit_.emplace_back(&slot, states.current(slot.readers->topic));
    bytes += answer_overhead_bytes + estimated_bytes(*unit_.back().second);
  };
  Subscription& subscription = *first.subscription;
  if (subscription.kind == SubscriptionKind::composite) {
    for (const auto& slot : subscription.slots) {
      if (slot->dirty) add(*slot);
    }
    if (bytes + frame_overhead_bytes > limits_->frame_bytes_max) {
      report.too_large = &subscription;
      return false;
    }
  } else {
    add(first);
  }
  if (!may_deliver(cutting, bytes)) return false;
  queue_.erase(first);
  for (auto& [slot, state] : unit_) {
    if (state->value.is_null()) report.unset.push_back(slot->readers->topic);
    mark_clean(*slot);
    cutting.frame.deliveries.push_back(proto::Delivery{subscription.id, slot->member, std::move(state)});
  }
  cutting.bytes += bytes;
  cutting.cost.batch_bytes += bytes;
  return true;
}

// One topic's next states, as many as a visit may take: then others have their turn, in the subscription and in the session.
// False: the next one does not fit.
bool Outbox::cut_every(Cutting& cutting, Subscription& subscription, const StateSource& states, CutReport& report) {
  constexpr int states_per_visit = 64;
  queue_.erase(subscription.turn);
  Slot& slot = *subscription.backlog.first;
  subscription.backlog.erase(slot);
  bool has_room = true;
  for (int left = states_per_visit; slot.dirty && subscription.credit > 0 && left > 0; --left) {
    const TopicId topic = slot.readers->topic;
    const State present = states.current(topic);
    const bool goes_on = slot.started && present->version.number > slot.sent;
    State next = goes_on ? states.after(topic, slot.sent) : present;
    const std::size_t bytes = answer_overhead_bytes + estimated_bytes(*next);
    has_room = may_deliver(cutting, bytes);
    if (!has_room) break;
    const std::uint64_t lagged = goes_on ? next->version.number - slot.sent - 1 : 0;
    report.lagged += lagged;
    slot.started = true;
    slot.sent = next->version.number;
    --subscription.credit;
    if (next->value.is_null()) report.unset.push_back(topic);
    if (slot.sent == present->version.number) {
      mark_clean(slot);
    } else if (next->revision >= subscription.opened_at) {
      leave_snapshot(slot);
    }
    cutting.frame.deliveries.push_back(proto::Delivery{subscription.id, slot.member, std::move(next), lagged});
    cutting.bytes += bytes;
    cutting.cost.batch_bytes += bytes;
  }
  if (slot.dirty) subscription.backlog.push_back(slot);
  queue_turn(subscription);
  return has_room;
}

bool Outbox::may_deliver(const Cutting& cutting, std::size_t bytes) const noexcept {
  const bool none_outstanding = batches_ == 0 && cutting.frame.deliveries.empty();
  if (!none_outstanding && batch_bytes_ + cutting.cost.batch_bytes + bytes > limits_->unacknowledged_bytes_max)
    return false;
  return cutting.is_empty() || cutting.bytes + bytes <= frame_budget();
}

void Outbox::cut_snapshot_ends(Cutting& cutting, std::uint64_t revision) {
  for (const Subscription* subscription : endings_) {
    // Where a topic changed again after its part of the snapshot was sent, less has been sent than is visible: everything
    // up to the opening at any rate.
    const std::uint64_t through = subscription->dirty == 0 ? revision : subscription->opened_at;
    cutting.frame.snapshot_ends.push_back(proto::SnapshotEnd{subscription->id, through, !subscription->resume_after});
  }
  endings_.clear();
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
