// async_value.hpp: a value that can be waited on.
//
// Promises   a set is synchronous and never waits; an equal value changes nothing; a waiter gets the first value that
//            matched, even where it is gone again by the time that the waiter runs. A predicate that throws is its own
//            waiter's error: the set succeeds and everybody else is served. Setting from inside a predicate is refused.
// Thread     the one that made it; set() from another throws std::logic_error before anything changes.
// Lifetime   whoever waits when the value ends gets Closed. It cannot move, since someone may be parked on it.
// Source     AsyncValue of trio-util, with its races decided: docs/semantics.md has the differences.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <list>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "hoiku/async/detail/condition.hpp"
#include "hoiku/async/equality.hpp"
#include "hoiku/async/exception_group.hpp"
#include "hoiku/async/propagation.hpp"
#include "hoiku/async/task.hpp"

namespace hoiku {

template <class T>
class EventualValues;
template <class T>
class Transitions;
template <class T>
struct ValueTransition;
class QueueCapacity;

namespace detail {

[[noreturn]] void refuse_foreign_thread();
[[noreturn]] void refuse_set_in_predicate();

class SourceOfDerived {
 public:
  void add(Derived& derived) { derived_.push_back(&derived); }
  void remove(Derived& derived) noexcept { std::erase(derived_, &derived); }

 protected:
  ~SourceOfDerived() = default;
  void mark_derived() const {
    for (Derived* derived : derived_) Propagation::mark(*derived);
  }
  bool has_derived() const noexcept { return !derived_.empty(); }

 private:
  std::vector<Derived*> derived_;
};

}  // namespace detail

// What AsyncValue and composed values have in common: everything but set().
template <class T>
class ReadableValue : public detail::SourceOfDerived {
 public:
  ReadableValue(const ReadableValue&) = delete;
  ReadableValue& operator=(const ReadableValue&) = delete;

  const T& value() const noexcept { return value_; }

  // Waits until the predicate is true of the value, and gives the first value of which it was (at once, after a
  // checkpoint, where it is already). With held_for(d): until it has been true throughout d, counted from when it became
  // true (for the present value: from its last change); gives the newest value then.
  template <class P>
  Task<T> wait_value(P&& predicate, HeldFor hold = HeldFor(std::chrono::nanoseconds(0)));
  // The same for one value, whatever it is: also where it is callable.
  Task<T> wait_equal(T wanted, HeldFor hold = HeldFor(std::chrono::nanoseconds(0)));

  // A reader of the present value: each next() gives it when it matches and differs from the one given last.
  EventualValues<T> eventual_values() &;
  EventualValues<T> eventual_values(HeldFor hold) &;
  template <class P>
  EventualValues<T> eventual_values(P&& predicate, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) &;
  void eventual_values(auto&&...) && = delete;  // the reader would outlive the value: give the value a name

  // Waits for a change, from when it is awaited: the present value does not count. With a predicate: the first one that
  // matches. It is a condition on the new value, as for wait_value, or a callable that takes the new value and the old one.
  Task<ValueTransition<T>> wait_transition();
  template <class P>
  Task<ValueTransition<T>> wait_transition(P&& predicate);

  // A reader of every change from now on (of those that match), which loses none in silence: transitions.hpp.
  Transitions<T> transitions() &;
  Transitions<T> transitions(QueueCapacity capacity) &;
  template <class P>
    requires(!std::same_as<std::remove_cvref_t<P>, QueueCapacity>)
  Transitions<T> transitions(P&& predicate) &;
  template <class P>
  Transitions<T> transitions(P&& predicate, QueueCapacity capacity) &;
  void transitions(auto&&...) && = delete;  // the same

  std::size_t condition_count() const noexcept { return conditions_.size(); }
  TimePoint changed_at() const noexcept { return changed_at_; }
  std::size_t height() const noexcept { return height_; }

 protected:
  explicit ReadableValue(T initial, std::size_t height = 0)
      : value_(std::move(initial)), changed_at_(now()), height_(height), owner_(std::this_thread::get_id()) {}
  ~ReadableValue() { close(); }

  // True where it was a change.
  bool assign(T next) {
    if (std::this_thread::get_id() != owner_) detail::refuse_foreign_thread();
    if (evaluating_) detail::refuse_set_in_predicate();
    if (Equality<T>::equal(value_, next)) return false;
    const T old_value = std::exchange(value_, std::move(next));
    changed_at_ = now();
    detail::Propagation propagation;
    this->mark_derived();
    evaluate(detail::Change<T>{value_, old_value, changed_at_});
    return true;
  }

  void close() noexcept {
    closed_ = true;
    for (auto& condition : conditions_) {
      while (auto* watcher = condition->watchers().first()) {
        watcher->unlink();
        watcher->closed();
      }
    }
    conditions_.clear();
  }

 private:
  template <class U>
  friend class Watch;
  template <class U>
  friend class EventualValues;

  void evaluate(const detail::Change<T>& change) {
    evaluating_ = true;
    // What a predicate adds takes effect after this set.
    std::size_t left = conditions_.size();
    for (auto it = conditions_.begin(); left > 0; ++it, --left) evaluate(**it, change);
    evaluating_ = false;
    std::erase_if(conditions_, [](const auto& condition) { return condition->watchers().empty(); });
  }

  void evaluate(detail::Condition<T>& condition, const detail::Change<T>& change) {
    auto& watchers = condition.watchers();
    if (watchers.empty()) return;
    bool matches = false;
    std::exception_ptr error;
    try {
      matches = condition.test_change(change);
    } catch (...) {
      error = std::current_exception();
    }
    for (auto* watcher = watchers.first(); watcher;) {
      auto* following = watchers.after(*watcher);
      if (error)
        watcher->failed(error);
      else
        watcher->evaluated(matches, change);
      watcher = following;
    }
  }

  // Gives the condition that is evaluated: an equal one, where there is one already.
  std::shared_ptr<detail::Condition<T>> enrol(std::shared_ptr<detail::Condition<T>> wanted) {
    for (auto& condition : conditions_) {
      if (condition->same_as(*wanted)) return condition;
    }
    conditions_.push_back(wanted);
    return wanted;
  }
  void drop(const std::shared_ptr<detail::Condition<T>>& condition) {
    if (condition->watchers().empty() && !evaluating_) conditions_.remove(condition);
  }

  T value_;
  TimePoint changed_at_;
  std::size_t height_;
  std::thread::id owner_;
  bool evaluating_ = false;
  bool closed_ = false;
  std::list<std::shared_ptr<detail::Condition<T>>> conditions_;
};

template <class T>
class AsyncValue : public ReadableValue<T> {
 public:
  AsyncValue()
    requires std::default_initializable<T>
      : AsyncValue(T()) {}
  explicit AsyncValue(T initial) : ReadableValue<T>(std::move(initial)) {}

  // True where it was a change. All predicates have been tried when it returns; who is woken runs in the next tick.
  bool set(T next) { return this->assign(std::move(next)); }
};

}  // namespace hoiku

#include "hoiku/async/transitions.hpp"
#include "hoiku/async/value_waits.hpp"
