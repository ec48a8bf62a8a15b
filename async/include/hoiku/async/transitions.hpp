// transitions.hpp: every change of a value, as pairs of old and new: the next one, or all of them in order.
//
// Promises   the set itself puts its transition into the reader's queue, so a reader that is busy loses none, whatever order
//            tasks run in. The first one is the first set after the reader was made. When the queue is full, what waits
//            in it goes, the transition that found it full stays, and its `lagged` says how many are missing before it.
//            A predicate that throws ends its own reader, once it has been given what matched before.
// Lifetime   the reader's place at the value is gone in the same frame as the object. One task at a time calls next().
// Source     transitions() and wait_transition() of trio-util, which drop what comes while the reader is busy.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

#include "hoiku/async/async_value.hpp"
#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/detail/watch.hpp"
#include "hoiku/async/sleep.hpp"

namespace hoiku {

template <class T>
struct ValueTransition {
  T old_value;  // what this set replaced
  T value;
  std::uint64_t lagged = 0;  // so many matching transitions before it are missing here, since the one given last
};

// How many transitions may wait for their reader.
class QueueCapacity {
 public:
  explicit QueueCapacity(std::size_t transitions) : transitions_(transitions) {
    if (transitions == 0) throw std::invalid_argument("queue_capacity: at least one transition has to have room");
  }
  std::size_t transitions() const noexcept { return transitions_; }

 private:
  std::size_t transitions_;
};
inline QueueCapacity queue_capacity(std::size_t transitions) { return QueueCapacity(transitions); }

template <class T>
class Transitions final : private detail::NotingWatcher<T> {
 public:
  static constexpr std::size_t default_capacity = 1024;

  Transitions(ReadableValue<T>& source, std::unique_ptr<detail::Condition<T>> condition, QueueCapacity capacity)
      : capacity_(capacity.transitions()), watch_(source, std::move(condition), *this) {}
  Transitions(const Transitions&) = delete;
  Transitions& operator=(const Transitions&) = delete;

  // The next one, in the order of the sets. What was queued before the value ended, or before the predicate threw, is given
  // first. A next() that is cancelled leaves everything as it was.
  Task<ValueTransition<T>> next() {
    co_await checkpoint();
    while (queue_.empty()) {
      this->throw_if_ended();
      co_await this->signal().wait();
    }
    ValueTransition<T> oldest = std::move(queue_.front());
    queue_.pop_front();
    co_return oldest;
  }

  std::size_t pending() const noexcept { return queue_.size(); }
  std::uint64_t lagged() const noexcept { return lagged_; }  // in all

 private:
  void evaluated(bool matches, const detail::Change<T>& change) override {
    if (!matches) return;
    std::uint64_t missing = 0;
    if (queue_.size() == capacity_) {
      lagged_ += capacity_;
      missing = queue_.front().lagged + capacity_;  // only the first can have a gap before it
      queue_.clear();
    }
    queue_.push_back(ValueTransition<T>{change.old_value, change.value, missing});
    this->signal_.notify();
  }

  std::size_t capacity_;
  std::deque<ValueTransition<T>> queue_;
  std::uint64_t lagged_ = 0;
  Watch<T> watch_;
};

namespace detail {

template <class T>
class FirstTransition final : public NotingWatcher<T> {
 public:
  void evaluated(bool matches, const Change<T>& change) override {
    if (!matches || match_) return;
    match_.emplace(ValueTransition<T>{change.old_value, change.value});
    this->signal_.notify();
  }
  std::optional<ValueTransition<T>>& match() noexcept { return match_; }

 private:
  std::optional<ValueTransition<T>> match_;
};

template <class T>
Task<ValueTransition<T>> wait_for_transition(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition) {
  FirstTransition<T> watcher;
  const Watch<T> watch(source, std::move(condition), watcher);
  while (!watcher.match()) {
    co_await watcher.signal().wait();
    if (!watcher.match()) watcher.throw_if_ended();
  }
  co_return std::move(*watcher.match());
}

}  // namespace detail

template <class T>
Task<ValueTransition<T>> ReadableValue<T>::wait_transition() {
  return detail::wait_for_transition<T>(*this, std::make_unique<detail::AnyCondition<T>>());
}
template <class T>
template <class P>
Task<ValueTransition<T>> ReadableValue<T>::wait_transition(P&& predicate) {
  if constexpr (detail::EdgeFunction<P, T> || detail::PredicateFunction<P, T>) detail::check_closure<P>();
  return detail::wait_for_transition<T>(*this, detail::make_edge_condition<T>(std::forward<P>(predicate)));
}

template <class T>
Transitions<T> ReadableValue<T>::transitions() & {
  return transitions(QueueCapacity(Transitions<T>::default_capacity));
}
template <class T>
Transitions<T> ReadableValue<T>::transitions(QueueCapacity capacity) & {
  return Transitions<T>(*this, std::make_unique<detail::AnyCondition<T>>(), capacity);
}
template <class T>
template <class P>
  requires(!std::same_as<std::remove_cvref_t<P>, QueueCapacity>)
Transitions<T> ReadableValue<T>::transitions(P&& predicate) & {
  return transitions(std::forward<P>(predicate), QueueCapacity(Transitions<T>::default_capacity));
}
template <class T>
template <class P>
Transitions<T> ReadableValue<T>::transitions(P&& predicate, QueueCapacity capacity) & {
  return Transitions<T>(*this, detail::make_edge_condition<T>(std::forward<P>(predicate)), capacity);
}

}  // namespace hoiku
