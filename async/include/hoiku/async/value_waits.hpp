// value_waits.hpp: the two ways of waiting on a value: for one match, or for whatever is eventually there.
#pragma once

#include <optional>

#include "hoiku/async/async_value.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/detail/watch.hpp"
#include "hoiku/async/sleep.hpp"

namespace hoiku {

namespace detail {

template <class T>
class FirstMatch final : public NotingWatcher<T> {
 public:
  void evaluated(bool matches, const Change<T>& change) override {
    if (!matches || match_) return;
    match_ = change.value;
    this->signal_.notify();
  }
  std::optional<T>& match() noexcept { return match_; }

 private:
  std::optional<T> match_;
};

// Since when the condition has been true, and the newest value of which it was.
template <class T>
class Streak final : public NotingWatcher<T> {
 public:
  explicit Streak(Duration hold) : hold_(hold) {}

  void start(const T& value, TimePoint at) { evaluated(true, Change<T>{value, value, at}); }
  void evaluated(bool matches, const Change<T>& change) override {
    if (complete_) return;
    if (!matches) {
      // Leaving exactly at the deadline counts as held, also where the set ran before the waiter could.
      complete_ = held(change.at);
      if (!complete_) since_.reset();
    } else {
      // The hold may have been complete before this value came; it is the newest all the same.
      if (!since_) since_ = change.at;
      newest_ = change.value;
    }
    this->signal_.notify();
  }
  bool held(TimePoint at) const { return complete_ || (since_ && at >= deadline()); }
  TimePoint deadline() const { return since_ ? saturating_add(*since_, hold_) : never; }
  T take_newest() { return std::move(*newest_); }

 private:
  Duration hold_;
  std::optional<TimePoint> since_;
  std::optional<T> newest_;
  bool complete_ = false;
};

template <class T>
Task<T> wait_for_match(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition) {
  if (condition->test(source.value())) {
    T match = source.value();
    co_await checkpoint();
    co_return match;
  }
  FirstMatch<T> watcher;
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
  co_return streak.take_newest();
}

template <class T>
Task<T> wait_on_value(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition, HeldFor hold) {
  if (hold.duration() > Duration::zero()) return wait_for_hold(source, std::move(condition), hold.duration());
  return wait_for_match(source, std::move(condition));
}

}  // namespace detail

// State synchronisation: next() gives the present value whenever it matches and differs from the one given last; with a
// hold, only once the predicate has been true throughout (without a predicate: the value unchanged). Values that come and
// go between two calls are not seen, and none that is no longer current is ever given. One task at a time calls next().
template <class T>
class EventualValues final : private detail::NotingWatcher<T> {
 public:
  EventualValues(ReadableValue<T>& source, std::unique_ptr<detail::Condition<T>> condition, Duration hold)
      : source_(source),
        unchanged_(!condition),
        hold_(hold),
        watch_(source, condition ? std::move(condition) : std::make_unique<detail::AnyCondition<T>>(), *this) {}
  EventualValues(const EventualValues&) = delete;
  EventualValues& operator=(const EventualValues&) = delete;

  Task<T> next() {
    if (!evaluated_) note(watch_.condition().test(source_.value()), source_.changed_at());
    co_await checkpoint();
    for (;;) {
      this->throw_if_ended();
      const bool wanted = since_ && !(last_ && Equality<T>::equal(*last_, source_.value()));
      const TimePoint ripe = wanted ? saturating_add(*since_, hold_) : never;
      if (wanted && ripe <= now()) {
        last_ = source_.value();
        co_return *last_;
      }
      co_await move_on_at(ripe, this->signal().wait());
    }
  }

 private:
  void evaluated(bool matches, const detail::Change<T>& change) override {
    note(matches, change.at);
    this->signal_.notify();
  }
  void note(bool matches, TimePoint at) {
    evaluated_ = true;
    if (!matches)
      since_.reset();
    else if (!since_ || unchanged_)
      since_ = at;
  }

  ReadableValue<T>& source_;
  bool unchanged_;  // no predicate: a hold means that the value does not change
  Duration hold_;
  std::optional<T> last_;
  std::optional<TimePoint> since_;  // since when the predicate has been true, where it is
  bool evaluated_ = false;
  Watch<T> watch_;
};

template <class T>
template <class P>
Task<T> ReadableValue<T>::wait_value(P&& predicate, HeldFor hold) {
  if constexpr (detail::PredicateFunction<P, T>) detail::check_closure<P>();
  return detail::wait_on_value<T>(*this, detail::make_condition<T>(std::forward<P>(predicate)), hold);
}

template <class T>
Task<T> ReadableValue<T>::wait_equal(T wanted, HeldFor hold) {
  using Equal = ValueComparison<ComparisonOp::equal, T>;
  return detail::wait_on_value<T>(
      *this, std::make_unique<detail::ExpressionCondition<T, Equal>>(Equal(std::move(wanted))), hold);
}

template <class T>
EventualValues<T> ReadableValue<T>::eventual_values() & {
  return EventualValues<T>(*this, nullptr, Duration::zero());
}
template <class T>
EventualValues<T> ReadableValue<T>::eventual_values(HeldFor hold) & {
  return EventualValues<T>(*this, nullptr, hold.duration());
}
template <class T>
template <class P>
EventualValues<T> ReadableValue<T>::eventual_values(P&& predicate, HeldFor hold) & {
  return EventualValues<T>(*this, detail::make_condition<T>(std::forward<P>(predicate)), hold.duration());
}

}  // namespace hoiku
