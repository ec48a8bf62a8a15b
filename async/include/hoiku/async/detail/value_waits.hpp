// value_waits.hpp: waits of one match: wait_value, with and without a hold, and wait_transition.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/watch.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/async/transitions.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// Keeps the first match, also if the value has changed again before its task runs.
template <class T, class Match>
class FirstMatch final : public NotingWatcher<T> {
 public:
  void evaluated(bool matches, const TransitionView<T>& transition) override {
    if (!matches || match_) return;
    if constexpr (std::same_as<Match, T>)
      match_.emplace(transition.value);
    else
      match_.emplace(Match{transition.old_value, transition.value});
    this->signal_.notify();
  }
  std::optional<Match>& match() noexcept { return match_; }

 private:
  std::optional<Match> match_;
};

// Keeps since when the condition has been true, and the latest value of which it was.
template <class T>
class Streak final : public NotingWatcher<T> {
 public:
  explicit Streak(Duration hold) : hold_(hold) {}

  void start(const T& value, TimePoint at) { evaluated(true, TransitionView<T>{value, value, at}); }
  void evaluated(bool matches, const TransitionView<T>& transition) override {
    if (complete_) return;
    if (!matches) {
      // A hold is complete if it ends exactly at its deadline, even if this set ran before the waiter could.
      complete_ = held(transition.at);
      if (!complete_) since_.reset();
    } else {
      // The hold may have been complete before this value came; it is the latest all the same.
      if (!since_) since_ = transition.at;
      latest_ = transition.value;
    }
    this->signal_.notify();
  }
  bool held(TimePoint at) const { return complete_ || (since_ && at >= deadline()); }
  TimePoint deadline() const { return since_ ? saturating_add(*since_, hold_) : never; }
  T take_latest() { return std::move(*latest_); }

 private:
  Duration hold_;
  std::optional<TimePoint> since_;
  std::optional<T> latest_;
  bool complete_ = false;
};

template <class T>
Task<T> wait_for_match(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition) {
  if (condition->test(source.value())) {
    T match = source.value();
    co_await checkpoint();
    co_return match;
  }
  FirstMatch<T, T> watcher;
  const Watch<T> watch(source, std::move(condition), watcher);
  while (!watcher.match()) {
    co_await watcher.signal().wait();
    if (!watcher.match()) watcher.throw_if_ended();
  }
  co_return std::move(*watcher.match());
}

template <class T>
Task<T> wait_for_hold(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition, Duration hold) {
  Streak<T> streak(hold);
  if (condition->test(source.value())) streak.start(source.value(), source.changed_at());
  const Watch<T> watch(source, std::move(condition), streak);
  co_await checkpoint();
  while (!streak.held(now())) {
    streak.throw_if_ended();
    co_await move_on_at(streak.deadline(), streak.signal().wait());
  }
  co_return streak.take_latest();
}

template <class T>
Task<T> wait_on_value(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition, HeldFor hold) {
  if (hold.duration() > Duration::zero()) return wait_for_hold(source, std::move(condition), hold.duration());
  return wait_for_match(source, std::move(condition));
}

template <class T>
Task<ValueTransition<T>> wait_for_transition(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition) {
  FirstMatch<T, ValueTransition<T>> watcher;
  const Watch<T> watch(source, std::move(condition), watcher);
  while (!watcher.match()) {
    co_await watcher.signal().wait();
    if (!watcher.match()) watcher.throw_if_ended();
  }
  co_return std::move(*watcher.match());
}

}  // namespace detail
}  // namespace hoiku
