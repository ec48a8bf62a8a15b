#include "client/src/session/subscription.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "hoiku/proto/topic_name.hpp"

namespace hoiku::client {
namespace {

std::vector<std::string> plain_names(const std::vector<std::string>& topics) {
  if (topics.size() == 1 && !is_plain_name(topics.front())) return {};
  return topics;
}

}  // namespace

Subscription::Subscription(const proto::Subscribe& command, const Limits& limits)
    : latest_(plain_names(command.topics), limits.unset_topics_max), has_interval_(command.interval.count() > 0) {
  if (command.mode == proto::Mode::every) every_.emplace(command.filter.has_value(), limits.unset_topics_max);
}

bool Subscription::put(const proto::Delivery& delivery) {
  const GapCounts counts{delivery.lagged, delivery.filtered, delivery.count_baseline};
  if (every_) return every_->put(delivery.transition, counts);
  return latest_.put(delivery.member, delivery.transition, counts);
}

bool Subscription::put(proto::Run run, const proto::SlotTable::Slot& slot) {
  if (every_) return every_->put(std::move(run), slot);
  bool is_new = false;
  proto::RunReader reader(std::move(run), slot.topic, slot.epoch);
  while (const TransitionView* transition = reader.next())
    is_new |= latest_.put(slot.member, std::make_shared<const Transition>(transition->copy()));
  return is_new;
}

bool Subscription::end_snapshot(const proto::SnapshotEnd& end, std::uint64_t instance, const Completeness& session) {
  snapshot_ended_ = true;
  statements_at_snapshot_ = session.statements;
  resume_ = proto::ResumePoint{instance, end.revision};
  return every_ ? every_->end_snapshot(end.revision, end.whole) : latest_.end_snapshot(end.revision, end.whole);
}

std::optional<InboxItem> Subscription::take(const Completeness& session) {
  if (std::exchange(has_taken_unset_, false)) {
    const std::uint64_t revision = complete_through(session);
    every_ ? every_->trim(revision) : latest_.trim(revision);
  }
  std::optional<InboxItem> item = every_ ? every_->take() : latest_.take();
  has_taken_unset_ = item && item->transition && item->transition->value.is_null();
  return item;
}

const SubscriptionStatistics& Subscription::statistics() const noexcept {
  return every_ ? every_->statistics() : latest_.statistics();
}

std::optional<std::uint64_t> Subscription::take_renewal(std::uint64_t credit) {
  if (!every_) return std::nullopt;
  const std::uint64_t taken = every_->taken_in_session();
  if (taken - renewed_ < std::max<std::uint64_t>(credit / 2, 1)) return std::nullopt;
  renewed_ = taken;
  return taken;
}

std::uint64_t Subscription::complete_through(const Completeness& session) const noexcept {
  if (!resume_) return 0;
  const bool said_since = session.statements > statements_at_snapshot_;
  if (!snapshot_ended_ || has_interval_ || !said_since) return resume_->revision;
  return std::max(resume_->revision, session.revision);
}

void Subscription::lose_session(const Completeness& session) {
  if (resume_) resume_->revision = complete_through(session);
}

std::optional<proto::ResumePoint> Subscription::begin_resync(std::uint64_t instance) {
  if (resume_ && resume_->instance_id != instance) resume_.reset();
  snapshot_ended_ = false;
  renewed_ = 0;
  if (every_) {
    every_->begin_resync(resume_.has_value());
  } else {
    latest_.begin_resync(resume_ ? std::optional(resume_->revision) : std::nullopt);
  }
  return resume_;
}

}  // namespace hoiku::client
