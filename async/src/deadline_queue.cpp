#include "hoiku/async/detail/deadline_queue.hpp"

namespace hoiku::detail {

bool DeadlineQueue::set(Deadline& entry, TimePoint at) {
  const TimePoint before = earliest();
  if (at == never) {
    remove(entry);
    entry.at_ = at;
    return false;
  }
  if (entry.index_ == Deadline::npos) {
    heap_.push_back(&entry);
    entry.index_ = heap_.size() - 1;
  }
  entry.at_ = at;
  sift_up(entry.index_);
  sift_down(entry.index_);
  return earliest() < before;
}

void DeadlineQueue::remove(Deadline& entry) noexcept {
  if (entry.index_ == Deadline::npos) return;
  const std::size_t index = entry.index_;
  entry.index_ = Deadline::npos;
  Deadline* last = heap_.back();
  heap_.pop_back();
  if (last == &entry) return;
  put(index, last);
  sift_up(index);
  sift_down(last->index_);
}

Deadline* DeadlineQueue::take_due(TimePoint now) noexcept {
  if (heap_.empty() || heap_.front()->at_ > now) return nullptr;
  Deadline* due = heap_.front();
  remove(*due);
  return due;
}

void DeadlineQueue::put(std::size_t index, Deadline* entry) noexcept {
  heap_[index] = entry;
  entry->index_ = index;
}

void DeadlineQueue::sift_up(std::size_t index) noexcept {
  Deadline* entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->at_ <= entry->at_) break;
    put(index, heap_[parent]);
    index = parent;
  }
  put(index, entry);
}

void DeadlineQueue::sift_down(std::size_t index) noexcept {
  Deadline* entry = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) ++child;
    if (heap_[child]->at_ >= entry->at_) break;
    put(index, heap_[child]);
    index = child;
  }
  put(index, entry);
}

}  // namespace hoiku::detail
