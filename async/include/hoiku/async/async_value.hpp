// async_value.hpp: AsyncValue<T>: a value that tasks can wait on.
//
//   AsyncValue<int> battery{100};
//   battery.set(80);                                                    // true: it was a transition
//   battery.value();                                                    // 80
//   co_await battery.wait_value(value < 20);                            // until the value satisfies a condition
//   co_await battery.wait_value([](int v) { return v % 2 == 0; });      // until a function says so
//   co_await battery.wait_value(20);                                    // until it equals 20
//   co_await battery.wait_value(value < 20, held_for(5s));              // until it has been so for 5 s
//   co_await battery.wait_equal(v);                                     // in templates: v is never called
//   co_await battery.wait_transition();                                 // until it changes
//   co_await battery.wait_transition(value < 20);                       // until it changes to a value below 20
//   co_await battery.wait_transition([](int v, int old) { return v < old; });
//   auto values = battery.eventual_values();                            // then: co_await values.next()
//   auto values = battery.eventual_values(value < 20, held_for(5s));    // both are optional
//   auto steps = battery.transitions();                                 // then: co_await steps.next()
//   auto steps = battery.transitions(value < 20, queue_capacity(64));   // both are optional
//   auto both = compose_values(battery, lid);                           // compose.hpp: all of this for several
//
// The two readers:
//
//                       eventual_values                              transitions
//   for what            to act on the latest state                   to count, log, or compare with the value before
//   next() returns      the current value, if it matches and         the old and the new value of each matching set, in
//                       differs from the one returned last           order
//   the first time      the current value, if it matches             the first set after the reader was made
//   what may be lost    values that came and went between two        nothing until the queue is full; then its content,
//                       calls; never the last one                    which `lagged` counts
//   cost                one copy of the value for each reader        one copy of both values for each queued transition
//   race                none: a set during the loop's body is        none: a set during the loop's body is queued (but
//                       seen by the next call                        wait_transition() in a loop misses it)
//
// Promises   A set is synchronous and never waits; an equal value changes nothing (equality.hpp). A waiter gets the
//            first value that matched, also if it has been replaced before the waiter runs. If a predicate throws, its
//            own waiter gets the error: the set succeeds, and every other waiter is served. A predicate must not set
//            the value; it gets a std::logic_error.
// Errors     A wait ends with Closed if the value ends before it.
// Thread     the one that made the value: set() on another throws std::logic_error and changes nothing.
// Lifetime   Waits and readers refer to the value. A value cannot move, since tasks may be parked on it.
// Source     AsyncValue of trio-util, with its races decided: docs/semantics.md lists the differences.
#pragma once

#include <concepts>
#include <memory>
#include <thread>
#include <utility>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/detail/condition_set.hpp"
#include "hoiku/async/detail/propagation.hpp"
#include "hoiku/async/detail/value_waits.hpp"
#include "hoiku/async/equality.hpp"
#include "hoiku/async/eventual_values.hpp"
#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/async/task.hpp"
#include "hoiku/async/transitions.hpp"

namespace [[gnu::visibility("default")]] hoiku {

namespace detail {

[[noreturn]] void refuse_foreign_thread();
[[noreturn]] void refuse_set_in_predicate();

}  // namespace detail

// All of an AsyncValue but set(): composites (compose.hpp) have it too.
template <class T>
class ReadableValue : public detail::SourceOfDerived, public ComparableTerm<ReadableValue<T>> {
 public:
  ReadableValue(const ReadableValue&) = delete;
  ReadableValue& operator=(const ReadableValue&) = delete;

  // Returns the latest value. The reference is valid as long as the object; the next set changes what it refers to.
  const T& value() const noexcept { return value_; }

  // Waits until the value satisfies the predicate; returns the first value that did. If the value does already, returns
  // it after one checkpoint. With held_for(d): waits until the predicate has been true throughout d, counted from the
  // transition that made it true, and returns the latest value. The predicate is an expression (value > 3), a function
  // of the value that returns bool, or a value to be equal to. For a composite it may be a function of the members.
  template <class P>
  Task<T> wait_value(P&& predicate, HeldFor hold = {});
  // Waits until the value equals `wanted`, as wait_value(wanted) does, also if a T can be called like a function.
  Task<T> wait_equal(T wanted, HeldFor hold = {});

  // Makes a reader of the latest value: eventual_values.hpp. The hold counts as for wait_value; without a predicate,
  // the value has to be unchanged throughout.
  EventualValues<T> eventual_values(HeldFor hold = {}) &;
  template <class P>
  EventualValues<T> eventual_values(P&& predicate, HeldFor hold = {}) &;
  void eventual_values(auto&&...) && = delete;  // the reader would outlive the value: give the value a name

  // Waits for the first transition after the wait began; the current value does not count. With a predicate: for the
  // first one that matches. It is a predicate of the new value, as for wait_value, or a function of the new and the old
  // value.
  Task<ValueTransition<T>> wait_transition();
  template <class P>
  Task<ValueTransition<T>> wait_transition(P&& predicate);

  // Makes a reader of every transition from now on (of those that match, as for wait_transition): transitions.hpp.
  Transitions<T> transitions(QueueCapacity capacity = QueueCapacity(Transitions<T>::default_capacity)) &;
  template <class P>
  Transitions<T> transitions(P&& predicate, QueueCapacity capacity = QueueCapacity(Transitions<T>::default_capacity)) &;
  void transitions(auto&&...) && = delete;  // the reader would outlive the value: give the value a name

  // Returns the time of the last transition; if there was none, that of the construction.
  TimePoint changed_at() const noexcept { return changed_at_; }
  // Returns the number of different predicates that tasks wait for: each is evaluated once per set.
  std::size_t condition_count() const noexcept { return conditions_.size(); }

 protected:
  explicit ReadableValue(T initial, std::size_t height = 0)
      : SourceOfDerived(height), value_(std::move(initial)), changed_at_(now()), owner_(std::this_thread::get_id()) {}
  ~ReadableValue() { close(); }

  bool assign(T next);
  void close() noexcept { conditions_.close(); }

 private:
  template <class>
  friend class detail::Watch;
  friend class ComparableTerm<ReadableValue<T>>;
  template <ComparisonOp op, class L>
  void compared(L&&) const {
    static_assert(detail::never_true<L>,
                  "an AsyncValue is not compared itself: wait with n.wait_value(value >= 5), or ask n.value() >= 5");
  }

  T value_;
  TimePoint changed_at_;
  std::thread::id owner_;
  detail::ConditionSet<T> conditions_;
};

template <class T>
class AsyncValue : public ReadableValue<T> {
 public:
  AsyncValue()
    requires std::default_initializable<T>
      : AsyncValue(T()) {}
  explicit AsyncValue(T initial) : ReadableValue<T>(std::move(initial)) {}

  // Sets the value; returns false if it was equal, which changes nothing. When set() returns, every predicate has been
  // evaluated; the tasks that it wakes run in the next tick.
  // On another thread, or inside a predicate of this value: std::logic_error, and nothing has changed.
  bool set(T next) { return this->assign(std::move(next)); }
};

template <class T>
bool ReadableValue<T>::assign(T next) {
  if (std::this_thread::get_id() != owner_) detail::refuse_foreign_thread();
  if (conditions_.evaluating()) detail::refuse_set_in_predicate();
  if (Equality<T>::equal(value_, next)) return false;
  const T old_value = std::exchange(value_, std::move(next));
  changed_at_ = now();
  detail::Propagation propagation;
  this->mark_derived();
  conditions_.evaluate(detail::TransitionView<T>{value_, old_value, changed_at_});
  return true;
}

template <class T>
template <class P>
Task<T> ReadableValue<T>::wait_value(P&& predicate, HeldFor hold) {
  detail::check_argument<P>();
  if constexpr (detail::PredicateFunction<P, T>) detail::check_closure<P>();
  return detail::wait_on_value<T>(*this, detail::make_condition<T>(std::forward<P>(predicate)), hold);
}

template <class T>
Task<T> ReadableValue<T>::wait_equal(T wanted, HeldFor hold) {
  return detail::wait_on_value<T>(*this, detail::make_equal_condition<T>(std::move(wanted)), hold);
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

template <class T>
Task<ValueTransition<T>> ReadableValue<T>::wait_transition() {
  return detail::wait_for_transition<T>(*this, std::make_unique<detail::AnyCondition<T>>());
}
template <class T>
template <class P>
Task<ValueTransition<T>> ReadableValue<T>::wait_transition(P&& predicate) {
  detail::check_argument<P>();
  if constexpr (detail::TransitionFunction<P, T> || detail::PredicateFunction<P, T>) detail::check_closure<P>();
  return detail::wait_for_transition<T>(*this, detail::make_transition_condition<T>(std::forward<P>(predicate)));
}

template <class T>
Transitions<T> ReadableValue<T>::transitions(QueueCapacity capacity) & {
  return Transitions<T>(*this, std::make_unique<detail::AnyCondition<T>>(), capacity);
}
template <class T>
template <class P>
Transitions<T> ReadableValue<T>::transitions(P&& predicate, QueueCapacity capacity) & {
  return Transitions<T>(*this, detail::make_transition_condition<T>(std::forward<P>(predicate)), capacity);
}

}  // namespace hoiku
