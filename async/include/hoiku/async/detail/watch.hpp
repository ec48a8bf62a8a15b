// watch.hpp: a place among the watchers of a value, and what every watcher notes.
#pragma once

#include <exception>
#include <memory>
#include <utility>

#include "hoiku/async/detail/condition.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/exception_group.hpp"

namespace [[gnu::visibility("default")]] hoiku {

template <class T>
class ReadableValue;

namespace detail {

// A watcher's place at a value. It ends in the same frame as the object.
template <class T>
class Watch {
 public:
  Watch(ReadableValue<T>& source, std::shared_ptr<Condition<T>> condition, Watcher<T>& watcher)
      : source_(source), condition_(source.conditions_.add(std::move(condition))), watcher_(watcher) {
    condition_->watchers().push_back(watcher);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (!watcher_.linked()) return;  // the value has ended already
    watcher_.unlink();
    source_.conditions_.remove_if_unwatched(condition_);
  }
  Condition<T>& condition() noexcept { return *condition_; }

 private:
  ReadableValue<T>& source_;
  std::shared_ptr<Condition<T>> condition_;
  Watcher<T>& watcher_;
};

// Notes an error of the predicate, and the end of the value, and wakes the task that waits.
template <class T>
class NotingWatcher : public Watcher<T> {
 public:
  void failed(std::exception_ptr error) noexcept override {
    error_ = std::move(error);
    signal_.notify();
  }
  void closed() noexcept override {
    closed_ = true;
    signal_.notify();
  }
  void throw_if_ended() const {
    if (error_) std::rethrow_exception(error_);
    if (closed_) throw Closed("the value that was waited for has ended");
  }
  Signal& signal() noexcept { return signal_; }

 protected:
  ~NotingWatcher() = default;
  Signal signal_;

 private:
  std::exception_ptr error_;
  bool closed_ = false;
};

}  // namespace detail
}  // namespace hoiku
