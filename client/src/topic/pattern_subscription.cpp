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

AnyTransition any_transition(const client::InboxItem& item) {
  AnyTransition transition;
  if (!item.transition) {
    transition.end_of_snapshot = true;
    return transition;
  }
  transition = detail::any_transition(*item.transition, item.previous ? item.previous->value : Value());
  transition.skipped = item.skipped;
  transition.filtered = item.filtered;
  transition.lagged = item.lagged;
  return transition;
}

}  // namespace

AnyTransition detail::any_transition(const Transition& transition, Value old_value) {
  AnyTransition made;
  made.topic = transition.topic;
  made.old_value = std::move(old_value);
  made.value = transition.value;
  made.version = transition.version;
  made.revision = transition.revision;
  made.changed_at = transition.changed_at;
  made.source_time = transition.source_time;
  made.writer = transition.writer;
  made.quality = transition.quality;
  return made;
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

  std::optional<AnyTransition> try_next() {
    bus_->require_loop();
    if (error_) std::rethrow_exception(error_);
    for (;;) {
      const std::optional<client::InboxItem> item = bus_->take(id_);
      if (!item) return std::nullopt;
      // A topic that was unset and is unset has had no transition that this reader could see.
      const bool was_unset = !item->previous || item->previous->version.number == 0;
      if (item->transition && item->transition->version.number == 0 && was_unset) continue;
      return any_transition(*item);
    }
  }

  Task<AnyTransition> next() {
    bus_->require_loop();
    return next_item();
  }

  SubscriptionStatistics statistics() const {
    bus_->require_loop();
    const SubscriptionStatistics* known = bus_->statistics(id_);
    return known ? *known : SubscriptionStatistics();
  }

 private:
  Task<AnyTransition> next_item() {
    co_await checkpoint();
    for (;;) {
      std::optional<AnyTransition> transition = try_next();
      if (transition) co_return std::move(*transition);
      co_await news_.wait();
    }
  }

  detail::BusPtr bus_;
  proto::RequestId id_ = 0;
  Signal news_;
  std::exception_ptr error_;
};

PatternSubscription::PatternSubscription(detail::BusPtr bus, std::string pattern, detail::SubscribeOptions options)
    : impl_(std::make_unique<Impl>(std::move(bus), std::move(pattern), std::move(options))) {}
PatternSubscription::~PatternSubscription() = default;
Task<AnyTransition> PatternSubscription::next() { return impl_->next(); }
std::optional<AnyTransition> PatternSubscription::try_next() { return impl_->try_next(); }
SubscriptionStatistics PatternSubscription::statistics() const { return impl_->statistics(); }

}  // namespace hoiku
