#include "hoiku/client/pattern_subscription.hpp"

#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku {
namespace {

std::string checked(std::string pattern) {
  const Result<void> valid = check_topic_pattern(pattern);
  if (!valid) throw Error(valid.failure());
  return pattern;
}

TopicChange change_of(const client::InboxItem& item) {
  TopicChange change;
  if (!item.transition) {
    change.end_of_snapshot = true;
    return change;
  }
  change = detail::change_of(*item.transition, item.previous ? item.previous->value : Value());
  change.skipped = item.skipped;
  change.filtered = item.filtered;
  change.lagged = item.lagged;
  return change;
}

}  // namespace

TopicChange detail::change_of(const Transition& transition, Value old_value) {
  TopicChange change;
  change.topic = transition.topic;
  change.old_value = std::move(old_value);
  change.value = transition.value;
  change.version = transition.version;
  change.revision = transition.revision;
  change.changed_at = transition.changed_at;
  change.writer = transition.writer;
  change.quality = transition.quality;
  return change;
}

class PatternSubscription::Impl final : public client::Reader {
 public:
  Impl(detail::BusPtr bus, std::string pattern, detail::SubscribeOptions options) : bus_(std::move(bus)) {
    detail::check(options);
    proto::Subscribe command;
    command.topics.push_back(checked(std::move(pattern)));
    command.mode = options.mode;
    command.filter = std::move(options.filter);
    command.interval = options.interval;
    id_ = bus_->open(*this, std::move(command));
  }
  ~Impl() { bus_->close(id_); }

  void arrived() noexcept override { news_.notify(); }
  void ended(std::exception_ptr why) noexcept override {
    error_ = std::move(why);
    news_.notify();
  }

  std::optional<TopicChange> try_next() {
    if (error_) std::rethrow_exception(error_);
    for (;;) {
      const std::optional<client::InboxItem> item = bus_->take(id_);
      if (!item) return std::nullopt;
      // A topic that was unset and is unset has had no transition that this reader could see.
      const bool was_unset = !item->previous || item->previous->version.number == 0;
      if (item->transition && item->transition->version.number == 0 && was_unset) continue;
      return change_of(*item);
    }
  }

  Task<TopicChange> next() {
    co_await checkpoint();
    for (;;) {
      std::optional<TopicChange> change = try_next();
      if (change) co_return std::move(*change);
      co_await news_.wait();
    }
  }

  SubscriptionStatistics statistics() const {
    const SubscriptionStatistics* known = bus_->statistics(id_);
    return known ? *known : SubscriptionStatistics();
  }

 private:
  detail::BusPtr bus_;
  proto::RequestId id_ = 0;
  Signal news_;
  std::exception_ptr error_;
};

PatternSubscription::PatternSubscription(detail::BusPtr bus, std::string pattern, detail::SubscribeOptions options)
    : impl_(std::make_unique<Impl>(std::move(bus), std::move(pattern), std::move(options))) {}
PatternSubscription::~PatternSubscription() = default;
Task<TopicChange> PatternSubscription::next() { return impl_->next(); }
std::optional<TopicChange> PatternSubscription::try_next() { return impl_->try_next(); }
SubscriptionStatistics PatternSubscription::statistics() const { return impl_->statistics(); }

}  // namespace hoiku
