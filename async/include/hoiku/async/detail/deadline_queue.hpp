// deadline_queue.hpp: the deadlines of a loop, in an indexed binary heap: removing one costs as little as adding it,
// and no stale entry stays.
#pragma once

#include <cstddef>
#include <vector>

#include "hoiku/async/time.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  TimePoint deadline() const noexcept { return at_; }

 protected:
  ~Deadline() = default;

 private:
  friend class DeadlineQueue;
  TimePoint at_ = never;
  std::size_t index_ = npos;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

class DeadlineQueue {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  TimePoint earliest() const noexcept { return heap_.empty() ? never : heap_.front()->at_; }

  // Adds the entry, moves it, or (for `never`) removes it. Returns true if the earliest deadline is earlier than
  // before.
  bool set(Deadline& entry, TimePoint at);
  void remove(Deadline& entry) noexcept;
  // Removes the earliest entry and returns it if it is due at `now`; its deadline() stays readable. Otherwise nullptr.
  Deadline* take_due(TimePoint now) noexcept;

 private:
  void put(std::size_t index, Deadline* entry) noexcept;
  void sift_up(std::size_t index) noexcept;
  void sift_down(std::size_t index) noexcept;
  std::vector<Deadline*> heap_;
};

}  // namespace detail
}  // namespace hoiku
