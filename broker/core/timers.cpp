#include "broker/core/timers.hpp"

namespace hoiku::broker {

void Timers::schedule(Timer& timer, TimePoint at) {
  if (!timer.is_scheduled()) {
    heap_.push_back(&timer);
    timer.place_ = heap_.size() - 1;
  }
  timer.at_ = at;
  timer.order_ = ++scheduled_;
  rise(timer.place_);
  sink(timer.place_);
}

void Timers::cancel(Timer& timer) noexcept {
  if (!timer.is_scheduled()) return;
  const std::size_t place = timer.place_;
  timer.place_ = Timer::nowhere;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  put(place, last);
  rise(place);
  sink(last->place_);
}

Timer* Timers::take_due(TimePoint now) noexcept {
  if (heap_.empty() || heap_.front()->at_ > now) return nullptr;
  Timer* first = heap_.front();
  cancel(*first);
  return first;
}

std::optional<TimePoint> Timers::next() const noexcept {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->at_;
}

void Timers::put(std::size_t place, Timer* timer) noexcept {
  heap_[place] = timer;
  timer->place_ = place;
}

void Timers::rise(std::size_t place) noexcept {
  Timer* timer = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!before(*timer, *heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, timer);
}

void Timers::sink(std::size_t place) noexcept {
  Timer* timer = heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *timer)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, timer);
}

}  // namespace hoiku::broker
