#include "broker/core/readers/subscriptions.hpp"

#include <string>
#include <unordered_set>
#include <utility>

namespace hoiku::broker {
namespace {

// The steps that a slot of the subscription costs each transition of its topic.
std::size_t work_of(const SubscriptionOptions& reader) noexcept {
  return 1 + (reader.filter == nullptr ? 0 : reader.filter->comparisons() * steps_of_comparison);
}

}  // namespace

void Subscriptions::open(Subscription& subscription) {
  subscription.serial_ = ++opened_;
  by_serial_.emplace_hint(by_serial_.end(), subscription.serial_, &subscription);
  if (subscription.options().kind == SubscriptionKind::pattern) patterns_.add(subscription);
}

bool Subscriptions::attach(Subscription& subscription, TopicId topic, std::uint16_t member, StartPosition position) {
  if (subscription.queue().slots >= limits_->slots_per_session_max) return false;
  TopicReaders& readers = readers_.find_or_create(topic);
  readers.topic = topic;
  const SubscriptionOptions& reader = subscription.options();
  const auto for_each = [&](const auto& visit) {
    for (const Slot* slot : readers.slots) {
      const SubscriptionOptions& other = slot->subscription().options();
      visit(other.owner, work_of(other));
    }
  };
  if (!readers.work.allows(reader.owner, work_of(reader), limits_->standing_work_max, for_each)) {
    if (readers.slots.empty()) readers_.erase(topic);
    return false;
  }
  readers.work.add(reader.owner, work_of(reader));
  subscription.start(subscription.add_slot(readers, member), std::move(position));
  return true;
}

Failure Subscriptions::why_refused(const Subscription& subscription) const {
  if (subscription.queue().slots >= limits_->slots_per_session_max) {
    return {ErrorCode::limit_exceeded,
            "the session would read more than " + std::to_string(limits_->slots_per_session_max) + " topics"};
  }
  return {ErrorCode::limit_exceeded,
          "the readers of this session would add more than " + std::to_string(limits_->standing_work_max) +
              " steps to each transition of one topic (one for a reader, " + std::to_string(steps_of_comparison) +
              " for each comparison of its filter): read the topic once, and share its values in the program"};
}

// The caller destroys the slot afterwards.
void Subscriptions::detach(Slot& slot) noexcept {
  const TopicId topic = slot.topic();
  if (slot.filter_state() != nullptr) timers_.cancel(*slot.filter_state());
  const SubscriptionOptions& reader = slot.subscription().options();
  readers_[topic].work.remove(reader.owner, work_of(reader));
  slot.subscription().detach(slot);
  if (readers_[topic].slots.empty()) readers_.erase(topic);
}

void Subscriptions::close(Subscription& subscription, std::vector<TopicId>& released) {
  for (const auto& slot : subscription.slots()) {
    released.push_back(slot->topic());
    detach(*slot);
  }
  subscription.destroy_slots();
  if (subscription.options().kind == SubscriptionKind::pattern) patterns_.remove(subscription);
  if (subscription.options().filter != nullptr) filters_.release(*subscription.options().filter);
  by_serial_.erase(subscription.serial_);
}

// ---- Topics that come and go

void Subscriptions::topic_created(TopicId topic, std::string_view name, std::uint64_t number,
                                  std::vector<RefusedSubscription>& refused) {
  StartPosition position;
  position.sent = position.count_baseline = number;
  // Readers that resume may still have slots for what was removed.
  std::unordered_set<const Subscription*> reading;
  if (const TopicReaders* readers = readers_.find(topic)) {
    for (const Slot* slot : readers->slots) reading.insert(&slot->subscription());
  }
  matched_.clear();
  match_steps_ += patterns_.match(name, matched_);
  for (Subscription* subscription : matched_) {
    if (subscription->scan().awaits(topic) || reading.contains(subscription)) continue;
    if (!attach(*subscription, topic, 0, position)) refused.push_back({subscription, why_refused(*subscription)});
  }
}

void Subscriptions::send_again(Slot& slot, TimePoint now) {
  // A filtered reader is never sent a whole snapshot, and a reader within its interval has just been sent this state.
  if (slot.subscription().options().filter != nullptr) return;
  if (slot.filter_state() != nullptr && slot.filter_state()->not_before > now) return;
  if (slot.subscription().options().mode == Mode::every) {
    slot.subscription().mention(slot);
  } else {
    slot.subscription().enter_snapshot(slot);
  }
}

bool Subscriptions::keeps(TopicId topic) const noexcept {
  const TopicReaders* readers = readers_.find(topic);
  return readers != nullptr && readers->keep_topic();
}

std::size_t Subscriptions::readers(TopicId topic) const noexcept {
  const TopicReaders* readers = readers_.find(topic);
  return readers == nullptr ? 0 : readers->slots.size();
}

std::size_t Subscriptions::standing_work(TopicId topic) const noexcept {
  const TopicReaders* readers = readers_.find(topic);
  return readers == nullptr ? 0 : readers->work.total();
}

void Subscriptions::topic_removed(TopicId topic) {
  while (const TopicReaders* readers = readers_.find(topic)) {
    Slot& slot = *readers->slots.back();
    detach(slot);
    slot.subscription().destroy_slot(slot);
  }
}

// ---- Transitions

void Subscriptions::on_transition(const TopicTransition& transition, std::vector<SessionId>& woken,
                                  std::vector<FailedSubscription>& failed) {
  const TopicReaders* readers = readers_.find(transition.topic);
  if (readers == nullptr) return;
  for (Slot* slot : readers->slots) {
    const SubscriptionOptions& reader = slot->subscription().options();
    // The filter of an `every` reader that is behind is tested when its frame is built.
    const bool is_behind = reader.mode == Mode::every && slot->is_started() && slot->is_dirty();
    if (reader.filter != nullptr && !is_behind && !passes_filter(*slot, transition, failed)) continue;
    add_transition(*slot, transition, woken);
  }
}

void Subscriptions::add_transition(Slot& slot, const TopicTransition& transition, std::vector<SessionId>& woken) {
  Subscription& subscription = slot.subscription();
  if (subscription.count(slot)) ++conflated_;
  if (slot.is_dirty()) return;
  if (mark_dirty_after_interval(slot, transition.now)) woken.push_back(subscription.options().owner);
}

// Whether the transition passes the filter; counts it if it does not.
bool Subscriptions::passes_filter(Slot& slot, const TopicTransition& transition,
                                  std::vector<FailedSubscription>& failed) {
  Subscription& subscription = slot.subscription();
  const SubscriptionOptions& reader = subscription.options();
  if (reader.kind == SubscriptionKind::plain && !transition.state->is_unset()) {
    // The first value may have given the topic its type.
    if (auto fits = reader.filter->fits(transition.state->view(), transition.state->topic()); !fits) {
      failed.push_back({reader.owner, reader.id, fits.failure()});
      subscription.count_unfit(slot);
      return false;
    }
  }
  if (reader.filter->passes(transition.topic, *transition.state, transition.before)) {
    subscription.set_match(slot, transition.state);
    return true;
  }
  if (slot.is_started()) ++filtered_;
  subscription.count_filtered(slot, *transition.state);
  if (slot.is_dirty() && slot.filter_state()->match == transition.before) {
    subscription.keep_match(slot);
    check_kept(subscription, failed);
  }
  return false;
}

Failure keeps_too_much(const Limits& limits) {
  return {ErrorCode::limit_exceeded, "unsent filtered states of this session exceed " +
                                         std::to_string(limits.answer_bytes_max) +
                                         " bytes: the client reads too slowly"};
}

void Subscriptions::check_kept(const Subscription& subscription, std::vector<FailedSubscription>& failed) const {
  if (subscription.queue().kept_bytes <= limits_->answer_bytes_max) return;
  failed.push_back({subscription.options().owner, subscription.options().id, keeps_too_much(*limits_)});
}

// ---- Intervals

bool Subscriptions::mark_dirty_after_interval(Slot& slot, TimePoint now) {
  FilterState* state = slot.filter_state();
  if (state == nullptr || state->not_before <= now) return slot.subscription().mark_dirty(slot);
  slot.subscription().mark_dirty_in_interval(slot);
  timers_.schedule(*state, state->not_before);
  return false;
}

void Subscriptions::take_due(TimePoint now, std::vector<SessionId>& woken) {
  while (Timer* timer = timers_.take_due(now)) {
    Slot& slot = static_cast<FilterState&>(*timer).slot;
    if (slot.subscription().enqueue(slot)) woken.push_back(slot.subscription().options().owner);
  }
}

}  // namespace hoiku::broker
