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

void assign(AnyTransitionView& view, const client::InboxItem& item) {
  view.end_of_snapshot = item.transition == nullptr;
  static_cast<TransitionView&>(view) = item.transition ? *item.transition : TransitionView();
  view.old_value = item.previous ? item.previous->value : ValueView();
  view.skipped = item.skipped;
  view.filtered = item.filtered;
  view.lagged = item.lagged;
}

}  // namespace

AnyTransition detail::any_transition(const hoiku::TransitionView& transition, const ValueView& old_value) {
  AnyTransition made;
  made.topic = transition.topic;
  made.old_value.assign(old_value);
  made.value.assign(transition.value);
  made.version = transition.version;
  made.revision = transition.revision;
  made.changed_at = transition.changed_at;
  made.source_time = transition.source_time;
  made.writer = transition.writer;
  made.quality = transition.quality;
  return made;
}

AnyTransition AnyTransitionView::copy() const {
  AnyTransition made = detail::any_transition(*this, old_value);
  made.end_of_snapshot = end_of_snapshot;
  made.skipped = skipped;
  made.filtered = filtered;
  made.lagged = lagged;
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
    if (!take()) return std::nullopt;
    return current_.copy();
  }

  Task<AnyTransition> next() {
    bus_->require_loop();
    return next_item();
  }

  Task<TransitionBatch> batch() {
    bus_->require_loop();
    return next_batch();
  }

  // ---- For TransitionBatch

  // Null at the end of the batch.
  const AnyTransitionView* current() const noexcept { return is_batch_over_ ? nullptr : &current_; }
  void advance() {
    is_batch_over_ = batch_left_ == 0 || error_ || !take();
    if (!is_batch_over_ && !current_.end_of_snapshot) --batch_left_;
  }

  SubscriptionStatistics statistics() const {
    bus_->require_loop();
    const SubscriptionStatistics* known = bus_->statistics(id_);
    return known ? *known : SubscriptionStatistics();
  }

 private:
  // Makes the next item that has arrived the current one; false: none has.
  bool take() {
    if (error_) std::rethrow_exception(error_);
    while (const std::optional<client::InboxItem> item = bus_->take(id_)) {
      // A topic that was unset and is unset has had no transition that this reader could see.
      const bool was_unset = !item->previous || item->previous->version.number == 0;
      if (item->transition && item->transition->version.number == 0 && was_unset) continue;
      assign(current_, *item);
      return true;
    }
    return false;
  }

  Task<AnyTransition> next_item() {
    co_await checkpoint();
    while (!take()) co_await news_.wait();
    co_return current_.copy();
  }

  Task<TransitionBatch> next_batch() {
    co_await checkpoint();
    while (!take()) co_await news_.wait();
    is_batch_over_ = false;
    batch_left_ = statistics().pending;
    co_return TransitionBatch(*this);
  }

  detail::BusPtr bus_;
  proto::RequestId id_ = 0;
  Signal news_;
  std::exception_ptr error_;
  AnyTransitionView current_;  // what was taken last
  bool is_batch_over_ = true;
  std::uint64_t batch_left_ = 0;  // of the transitions that had arrived when the batch began
};

PatternSubscription::PatternSubscription(detail::BusPtr bus, std::string pattern, detail::SubscribeOptions options)
    : impl_(std::make_unique<Impl>(std::move(bus), std::move(pattern), std::move(options))) {}
PatternSubscription::~PatternSubscription() = default;
Task<AnyTransition> PatternSubscription::next() { return impl_->next(); }
std::optional<AnyTransition> PatternSubscription::try_next() { return impl_->try_next(); }
Task<TransitionBatch> PatternSubscription::batch() { return impl_->batch(); }
SubscriptionStatistics PatternSubscription::statistics() const { return impl_->statistics(); }

const AnyTransitionView& TransitionBatch::Iterator::operator*() const noexcept { return *reader_->current(); }

TransitionBatch::Iterator& TransitionBatch::Iterator::operator++() {
  reader_->advance();
  return *this;
}

bool TransitionBatch::Iterator::operator==(std::default_sentinel_t) const noexcept { return !reader_->current(); }

}  // namespace hoiku
