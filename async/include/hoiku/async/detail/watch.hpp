// watch.hpp: what everyone who waits on a value shares: a place among its watchers, and how they are told of its end.
#pragma once

#include <exception>
#include <memory>
#include <utility>

#include "hoiku/async/detail/condition.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/exception_group.hpp"

namespace hoiku {

template <class T>
class ReadableValue;

// A watcher's place at a value; gone in the same frame as the object.
template <class T>
class Watch {
 public:
  Watch(ReadableValue<T>& source, std::shared_ptr<detail::Condition<T>> condition, detail::Watcher<T>& watcher)
      : source_(source), condition_(source.enrol(std::move(condition))), watcher_(watcher) {
    condition_->watchers().push_back(watcher);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (!watcher_.linked()) return;  // the value has ended before us
    watcher_.unlink();
    source_.drop(condition_);
  }
  detail::Condition<T>& condition() noexcept { return *condition_; }

 private:
  ReadableValue<T>& source_;
  std::shared_ptr<detail::Condition<T>> condition_;
  detail::Watcher<T>& watcher_;
};

namespace detail {

// What every waiter notes: an error of its predicate, and the end of the value.
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
