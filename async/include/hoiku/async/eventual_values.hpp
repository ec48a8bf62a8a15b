// eventual_values.hpp: a reader of the latest value, for state that is kept in step: what AsyncValue::eventual_values()
// returns.
//
// Promises   next() returns the current value, never one that has been replaced, and never the same value twice in a
//            row. After the last set, the last value is returned. Values that come and go between two calls are not
//            seen. With a hold: only if the predicate has been true throughout it (without a predicate: the value
//            unchanged), counted from the transition that made it true.
// Errors     next() throws what the predicate threw, and Closed if the value has ended.
// Lifetime   The reader refers to the value and cannot move. One task at a time calls next().
// Source     eventual_values of trio-util, which may return values that have been replaced.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/detail/watch.hpp"
#include "hoiku/async/equality.hpp"
#include "hoiku/async/sleep.hpp"

namespace [[gnu::visibility("default")]] hoiku {

template <class T>
class EventualValues final : private detail::NotingWatcher<T> {
 public:
  // ReadableValue::eventual_values() makes readers.
  EventualValues(ReadableValue<T>& source, std::unique_ptr<detail::Condition<T>> condition, Duration hold)
      : source_(source),
        unchanged_(!condition),
        hold_(hold),
        watch_(source, condition ? std::move(condition) : std::make_unique<detail::AnyCondition<T>>(), *this) {}
  EventualValues(const EventualValues&) = delete;
  EventualValues& operator=(const EventualValues&) = delete;

  // Waits until the value matches and differs from the one returned last, and returns it. If it does already, returns
  // after one checkpoint. A next() that is cancelled has taken nothing.
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
  void evaluated(bool matches, const detail::TransitionView<T>& transition) override {
    note(matches, transition.at);
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
  std::optional<TimePoint> since_;  // since when the predicate has been true, if it is
  bool evaluated_ = false;
  detail::Watch<T> watch_;
};

}  // namespace hoiku
