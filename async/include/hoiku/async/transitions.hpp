// transitions.hpp: a reader of every transition, as pairs of the old and the new value: what AsyncValue::transitions()
// returns.
//
// Promises   The set itself puts its transition into the reader's queue: a busy reader loses none, in whatever order
//            tasks run. The first one is the first set after the reader was made.
// Limits     the queue's capacity (queue_capacity(n), 1024 by default). If it is full, the queued transitions are
//            discarded, and the new one stays: its `lagged` says how many are missing before it.
// Errors     next() throws what the predicate threw, and Closed if the value has ended, after it has returned what was
//            queued before.
// Lifetime   The reader refers to the value and cannot move. One task at a time calls next().
// Source     transitions() of trio-util, which drops what comes while the reader is busy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

#include "hoiku/async/detail/watch.hpp"
#include "hoiku/async/sleep.hpp"

namespace [[gnu::visibility("default")]] hoiku {

template <class T>
struct ValueTransition {
  T old_value;  // the value that this set replaced
  T value;
  std::uint64_t lagged = 0;  // matching transitions that are missing between the one returned last and this one
};

// How many transitions may wait for their reader.
class QueueCapacity {
 public:
  explicit QueueCapacity(std::size_t transitions) : transitions_(transitions) {
    if (transitions == 0) throw std::invalid_argument("queue_capacity: the capacity must be at least one transition");
  }
  std::size_t transitions() const noexcept { return transitions_; }

 private:
  std::size_t transitions_;
};
// Zero is a std::invalid_argument.
inline QueueCapacity queue_capacity(std::size_t transitions) { return QueueCapacity(transitions); }

template <class T>
class Transitions final : private detail::NotingWatcher<T> {
 public:
  static constexpr std::size_t default_capacity = 1024;

  // ReadableValue::transitions() makes readers.
  Transitions(ReadableValue<T>& source, std::unique_ptr<detail::Condition<T>> condition, QueueCapacity capacity)
      : capacity_(capacity.transitions()), watch_(source, std::move(condition), *this) {}
  Transitions(const Transitions&) = delete;
  Transitions& operator=(const Transitions&) = delete;

  // Waits for the next transition, in the order of the sets. A checkpoint even if one is queued. A next() that is
  // cancelled has taken nothing.
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

  // The number of queued transitions.
  std::size_t pending() const noexcept { return queue_.size(); }
  // The number of transitions discarded since the reader was made.
  std::uint64_t lagged() const noexcept { return lagged_; }

 private:
  void evaluated(bool matches, const detail::TransitionView<T>& transition) override {
    if (!matches) return;
    std::uint64_t missing = 0;
    if (queue_.size() == capacity_) {
      lagged_ += capacity_;
      missing = queue_.front().lagged + capacity_;  // only the first can have a gap before it
      queue_.clear();
    }
    queue_.push_back(ValueTransition<T>{transition.old_value, transition.value, missing});
    this->signal_.notify();
  }

  std::size_t capacity_;
  std::deque<ValueTransition<T>> queue_;
  std::uint64_t lagged_ = 0;
  detail::Watch<T> watch_;
};

}  // namespace hoiku
